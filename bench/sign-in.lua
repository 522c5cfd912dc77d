-- The same person from ever new addresses: each sign-in is good, so the name never waits.
local thread = 0
function setup(t) t:set("id", thread); thread = thread + 1 end

function init(args) body, sent = args[1], 0 end

function request()
  sent = sent + 1
  -- A network has a hundred of them.
  local from = string.format("10.%d.%d.%d", 200 + id, sent % 256, math.floor(sent / 256) % 256)
  local headers = { ["Content-Type"] = "application/json", ["X-Forwarded-For"] = from }
  return wrk.format("POST", "/api/v1/auth/login", headers, body)
end
