-- wrk's part: purchases by buyers in turn, of the events in turn.
-- The file named by BENCH_STAGE holds a line of event ids and a line of tokens.
local events, tokens = {}, {}
local turn = 0

function init()
  local lines = io.lines(os.getenv("BENCH_STAGE"))
  for id in lines():gmatch("%S+") do events[#events + 1] = id end
  for token in lines():gmatch("%S+") do tokens[#tokens + 1] = token end
end

function request()
  turn = turn + 1
  return wrk.format("POST", "/api/events/" .. events[turn % #events + 1] .. "/purchase", {
    ["Content-Type"] = "application/json",
    ["Authorization"] = "Bearer " .. tokens[turn % #tokens + 1],
  }, '{"quantity": 1}')
end

function done(summary, latency)
  io.write(string.format(
    '\n{"requests": %d, "seconds": %f, "errors": %d, "p50": %f, "p99": %f}\n',
    summary.requests, summary.duration / 1e6,
    summary.errors.status + summary.errors.connect + summary.errors.read
      + summary.errors.write + summary.errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
