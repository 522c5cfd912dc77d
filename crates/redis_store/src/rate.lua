-- Until when a count is paid for. One that is further ahead than it ever gets is of a clock that was set back.
local function paid_until(key, whole)
  local paid = tonumber(redis.call('GET', key)) or 0
  return (paid > now + whole + 1) and now or math.max(paid, now)
end

local function pay_until(key, paid)
  redis.call('SET', key, digits(paid), 'PX', life(paid))
end

