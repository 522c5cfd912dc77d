-- Each answer's refresh token is the next request's. Every request has an address of its own: the limit on
-- exchanges goes on.
local thread = 0
function setup(t) t:set("id", thread); thread = thread + 1 end

function init(args)
  tokens, sent = {}, 0
  local n = 0
  for line in io.lines(args[1]) do
    if n % 2 == id then tokens[#tokens + 1] = line end
    n = n + 1
  end
end

function address()
  sent = sent + 1
  return string.format("10.%d.%d.%d", id * 100 + math.floor(sent / 65536) % 100, math.floor(sent / 256) % 256, sent % 256)
end

function request()
  local token = table.remove(tokens) or "none"
  local headers = { ["Content-Type"] = "application/json", ["X-Forwarded-For"] = address() }
  return wrk.format("POST", "/api/v1/auth/refresh", headers, '{"refresh_token":"' .. token .. '"}')
end

function response(status, headers, body)
  local token = body:match('"refresh_token":"([^"]+)"')
  if token then table.insert(tokens, 1, token) end
end
