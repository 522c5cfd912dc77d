CREATE INDEX known_devices_last_used_at_idx ON known_devices (last_used_at);
