-- KEYS: the name and the account. ARGV: the time; how long a failure counts; then how long to wait after the first
-- failure in a row, after the second, and so on. Returns for how many of the two it was counted, at what time, and how
-- long the name has to wait.
local memory = tonumber(ARGV[2])

local function read(key)
  local streak = redis.call('HMGET', key, 'failures', 'last_at', 'next_at')
  local last_at = tonumber(streak[2]) or 0
  local failures = last_at > now - memory and tonumber(streak[1]) or 0
  -- A failure that is yet to come is of before the clock was set back, and its wait of a time that nobody knows.
  return failures, last_at <= now and tonumber(streak[3]) or 0
end

local function fail(key, failures)
  local next_at = now + tonumber(ARGV[2 + math.min(failures, #ARGV - 2)])
  redis.call('HSET', key, 'failures', failures, 'last_at', digits(now), 'next_at', digits(next_at))
  redis.call('PEXPIRE', key, life(math.max(next_at, now + memory)))
end

local name_failures, name_next_at = read(KEYS[1])
local account_failures, account_next_at = read(KEYS[2])
if name_next_at > now then
  return {0, now, name_next_at - now}
end
fail(KEYS[1], name_failures + 1)
if account_next_at > now then
  return {1, now, 0}
end
fail(KEYS[2], account_failures + 1)
return {2, now, 0}
