-- ARGV: the time; when the failure was counted. Each key is as it was before.
local at = ARGV[2]
local streaks = {}
for n, key in ipairs(KEYS) do
  streaks[n] = redis.call('HMGET', key, 'failures', 'last_at')
end
for n, key in ipairs(KEYS) do
  if (tonumber(streaks[n][1]) or 0) > 0 then
    redis.call('HINCRBY', key, 'failures', -1)
    if streaks[n][2] == at then
      redis.call('HSET', key, 'next_at', at)
    end
  end
end
return 0
