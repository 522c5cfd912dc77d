CREATE INDEX known_networks_last_used_at_idx ON known_networks (last_used_at);
