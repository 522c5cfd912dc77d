-- ARGV: the time; then of each key what a try costs, and how many there are. Returns 0, or the place of the first that
-- is used up and how long until its next try.
local paid = {}
for n, key in ipairs(KEYS) do
  local interval = tonumber(ARGV[2 * n])
  local whole = interval * tonumber(ARGV[2 * n + 1])
  paid[n] = paid_until(key, whole) + interval
  if paid[n] > now + whole then
    return {n, paid[n] - now - whole}
  end
end
for n, key in ipairs(KEYS) do
  pay_until(key, paid[n])
end
return {0, 0}
