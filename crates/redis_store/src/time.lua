-- All times are microseconds by this server's own clock, so that all replicas agree. ARGV[1] is 0, or the time by a
-- test's fixed clock; a day more of real time keeps what such a clock has not reached.
local fixed = tonumber(ARGV[1])
local time = redis.call('TIME')
local now = fixed > 0 and fixed or time[1] * 1000000 + time[2]

-- In full: Lua would write 1.7e+15.
local function digits(number)
  return string.format('%.0f', number)
end

-- Milliseconds until this time, after which a key counts no longer.
local function life(till)
  return digits(math.max(1, math.ceil((till - now) / 1000)) + (fixed > 0 and 86400000 or 0))
end

