-- ARGV: the type of keys that are ours, 1 for strings and 2 for hashes. The others are deleted. Returns how many.
local ours = ({'string', 'hash'})[tonumber(ARGV[1])]
local deleted = 0
for _, key in ipairs(KEYS) do
  if redis.call('TYPE', key)['ok'] ~= ours then
    deleted = deleted + redis.call('DEL', key)
  end
end
return deleted
