-- ARGV: the time; then how long ago each key was forgiven. Later failures stay.
local last_at = {}
for n, key in ipairs(KEYS) do
  last_at[n] = tonumber(redis.call('HGET', key, 'last_at')) or 0
end
for n, key in ipairs(KEYS) do
  local ago = tonumber(ARGV[n + 1])
  if ago == 0 or last_at[n] <= now - ago then
    redis.call('DEL', key)
  end
end
return 0
