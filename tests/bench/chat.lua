-- SPDX-License-Identifier: Apache-2.0
-- wrk: POST one chat message per request: questions people ask of the sample documents, about 60 characters,
-- each with a made-up name of its own, so that no cache answers. MODE: parley; direct, which is the fake provider
-- itself; portkey, whose gateway is told of the provider (UPSTREAM) by each request. Counts what is not a 200.
local mode = os.getenv("MODE")
local questions = {
   "How do I move my staked ETH from %s to a hardware wallet?",
   "I lost the recovery phrase of my %s wallet, what can I do?",
   "Is it safe to stake with a pool such as %s on an exchange?",
   "Why are the fees so high when I send USDC with %s today?",
   "Somebody called %s asks for my seed phrase, is that a scam?",
   "What is the difference between %s and a validator of my own?",
   "How long does it take until %s lets me withdraw my stake?",
   "Do I have to pay taxes on rewards that I got from %s?",
}
local head = { ["Content-Type"] = "application/json", ["Authorization"] = "Bearer sk-bench" }
if mode == "portkey" then
   head["x-portkey-provider"] = "openai"
   head["x-portkey-custom-host"] = os.getenv("UPSTREAM")
end

-- Letters, since a long number could pass for a telephone number and be redacted.
local function name(n)
   local letters = {}
   for i = 1, 8 do
      letters[i] = string.char(97 + n % 26)
      n = math.floor(n / 26)
   end
   return table.concat(letters)
end

local n = os.time() % 1000000 * 100000

function request()
   n = n + 1
   local question = string.format(questions[n % #questions + 1], name(n))
   if mode ~= "parley" then
      return wrk.format("POST", "/v1/chat/completions", head, string.format(
         '{"model":"m","stream":true,"messages":[{"role":"user","content":"%s"}]}', question))
   end
   return wrk.format("POST", "/api/v1/chat", head, string.format('{"message":"%s"}', question))
end

function done(summary, latency, requests)
   local e = summary.errors
   io.write(string.format("RESULT %d %d %d %d %.3f %.3f %.3f %.3f\n", summary.requests, summary.duration,
      e.status + e.connect + e.read + e.write, e.timeout, latency:percentile(50) / 1000,
      latency:percentile(99) / 1000, latency:percentile(99.9) / 1000, latency.max / 1000))
end
