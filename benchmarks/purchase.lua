-- The script of wrk: sends purchases of all events by all buyers, round-robin.
-- The file named by BENCH_FIXTURE has a line of event ids and a line of access tokens.
local events, tokens = {}, {}
local index = 0

function init()
  local lines = io.lines(os.getenv("BENCH_FIXTURE"))
  for id in lines():gmatch("%S+") do events[#events + 1] = id end
  for token in lines():gmatch("%S+") do tokens[#tokens + 1] = token end
end

function request()
  index = index + 1
  return wrk.format("POST", "/api/events/" .. events[index % #events + 1] .. "/purchase", {
    ["Content-Type"] = "application/json",
    ["Authorization"] = "Bearer " .. tokens[index % #tokens + 1],
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
