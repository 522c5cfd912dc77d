-- All times are microseconds by this server's own clock, so that all replicas agree. ARGV[1] is 0, or the time by a
-- clock that a test moves by hand; a day more of real time keeps what such a clock has not reached.
local by_hand = tonumber(ARGV[1])
local time = redis.call('TIME')
local now = by_hand > 0 and by_hand or time[1] * 1000000 + time[2]

-- In full: Lua would write 1.7e+15.
local function digits(number)
  return string.format('%.0f', number)
end

-- Milliseconds until this time, after which a key counts no longer.
local function life(till)
  return digits(math.max(1, math.ceil((till - now) / 1000)) + (by_hand > 0 and 86400000 or 0))
end

