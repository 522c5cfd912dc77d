-- KEYS: the caller's count, and perhaps the one of the network around. ARGV: the time; then of each what a call costs
-- and how many there are. Returns whether the call was admitted, how many are left, and how long a refused one waits.
local paid, left = {}, nil
for n, key in ipairs(KEYS) do
  local interval = tonumber(ARGV[2 * n])
  local whole = interval * tonumber(ARGV[2 * n + 1])
  paid[n] = paid_until(key, whole) + interval
  local rest = now + whole - paid[n]
  if rest < 0 then
    return {0, 0, -rest}
  end
  left = math.min(left or math.huge, math.floor(rest / interval))
end
for n, key in ipairs(KEYS) do
  pay_until(key, paid[n])
end
return {1, left, 0}
