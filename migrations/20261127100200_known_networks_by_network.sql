CREATE INDEX known_networks_network_idx ON known_networks (network);
