-- ARGV: the time; how many tries there are; then of each key what a try costs. Returns of each whether there was one
-- left. A try too many is written down as well.
local burst = tonumber(ARGV[2])
local paid, left = {}, {}
for n, key in ipairs(KEYS) do
  local interval = tonumber(ARGV[n + 2])
  local whole = interval * burst
  paid[n] = math.min(paid_until(key, whole) + interval, now + whole + 1)
  left[n] = paid[n] <= now + whole and 1 or 0
end
for n, key in ipairs(KEYS) do
  pay_until(key, paid[n])
end
return left
