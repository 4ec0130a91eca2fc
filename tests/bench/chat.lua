-- SPDX-License-Identifier: Apache-2.0
-- wrk: POST one chat message per request, each question different (so that no cache answers), and count what is
-- not a 200 answer from the model. MODE=direct asks the fake provider itself: the baseline.
local direct = os.getenv("MODE") == "direct"
local seed = 0
local counter = 0

function setup(thread)
   thread:set("seed", math.floor(os.time() * 1000 % 1000000) * 100 + counter)
   counter = counter + 1
end

local n = 0
local head = { ["Content-Type"] = "application/json", ["Authorization"] = "Bearer sk-bench" }

function request()
   n = n + 1
   local question = string.format("How do I stake ETH in pool %d%d?", seed or 0, n)
   if direct then
      return wrk.format("POST", "/v1/chat/completions", head, string.format(
         '{"model":"m","stream":true,"messages":[{"role":"user","content":"%s"}]}', question))
   end
   return wrk.format("POST", "/api/v1/chat", head, string.format('{"message":"%s"}', question))
end

function done(summary, latency, requests)
   io.write(string.format("RESULT %d %d %d %.3f %.3f %.3f %.3f\n", summary.requests, summary.duration,
      summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write +
      summary.errors.timeout, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
      latency:percentile(99.9) / 1000, latency.max / 1000))
end
