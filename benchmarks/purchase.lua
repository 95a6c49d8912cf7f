-- wrk's part: purchases for the events in turn, by the buyers in turn.
-- wrk ... -- STAGE: a file with a line of event ids and a line of tokens.
local events, tokens, requests = {}, {}, {}
local turn = 0
local sender

-- By status. Global, so that done() can read it from the sending thread.
answers = {}

function setup(thread)
  sender = thread -- there is one: wrk runs with -t 1
end

function init(args)
  local lines = io.lines(args[1])
  for id in lines():gmatch("%S+") do events[#events + 1] = id end
  for token in lines():gmatch("%S+") do tokens[#tokens + 1] = token end
end

-- Each request is written once and kept: the less the generator does, the more
-- of the machine is left to what it measures.
function request()
  turn = turn + 1
  local event, token = turn % #events + 1, turn % #tokens + 1
  local key = event * #tokens + token
  if not requests[key] then
    requests[key] = wrk.format("POST", "/api/events/" .. events[event] .. "/purchase", {
      ["Content-Type"] = "application/json",
      ["Authorization"] = "Bearer " .. tokens[token],
    }, '{"quantity": 1}')
  end
  return requests[key]
end

-- wrk itself counts only statuses of 400 and more as errors.
function response(status)
  local key = tostring(status)
  answers[key] = (answers[key] or 0) + 1
end

function done(summary, latency)
  local failures, latencies = {}, {}
  local counted = sender:get("answers")
  for status, count in pairs(counted) do
    if status ~= "201" then failures[#failures + 1] = string.format('"%s": %d', status, count) end
  end
  local unanswered = summary.errors.connect + summary.errors.read
    + summary.errors.write + summary.errors.timeout
  if unanswered > 0 then
    failures[#failures + 1] = string.format('"not answered": %d', unanswered)
  end
  for number = 1, #latency do
    local microseconds, count = latency(number)
    latencies[number] = string.format("[%d, %d]", microseconds, count)
  end
  io.write(string.format(
    '\n{"accepted": %d, "failures": {%s}, "seconds": %f, "latencies": [%s]}\n',
    counted["201"] or 0, table.concat(failures, ", "), summary.duration / 1e6,
    table.concat(latencies, ", ")))
end
