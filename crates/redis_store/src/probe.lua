-- Each command of the other scripts, on a string and a hash of no meaning: who may not run one of them, who only reads
-- and who has no room is found out here. SET is the first: it replaces a key of any type, and of a script that has
-- written already a full server refuses nothing.
redis.call('TIME')
redis.call('SET', KEYS[1], '1', 'PX', 1000)
redis.call('GET', KEYS[1])
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], 'failures', 1)
redis.call('HINCRBY', KEYS[2], 'failures', 1)
redis.call('HGET', KEYS[2], 'failures')
redis.call('HMGET', KEYS[2], 'failures')
redis.call('PEXPIRE', KEYS[2], 1000)
redis.call('TYPE', KEYS[2])
redis.call('DEL', KEYS[1], KEYS[2])
return 'OK'
