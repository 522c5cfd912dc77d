-- ARGV: the time; what a try costs.
local paid = tonumber(redis.call('GET', KEYS[1]))
if paid then
  pay_until(KEYS[1], math.max(paid - tonumber(ARGV[2]), now))
end
return 0
