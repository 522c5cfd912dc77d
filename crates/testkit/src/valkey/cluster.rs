use super::{Valkey, free_port, until};

const SLOTS: usize = 16_384;

/// Primaries, each with a part of the keys, and a replica of each.
#[derive(Debug)]
pub struct ValkeyCluster {
    /// The primaries first, then their replicas in the same order.
    pub nodes: Vec<Valkey>,
}

impl ValkeyCluster {
    /// A cluster of as many nodes, half of them primaries; 6 is the least that there is.
    #[must_use]
    pub fn start(nodes: usize) -> Self {
        let node = |_| {
            // The default is the port plus 10 000, which there may not be.
            let bus = free_port().to_string();
            let quick = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"];
            (Valkey::with(&[&quick[..], &["--cluster-port", &bus]].concat()), bus)
        };
        let (nodes, buses): (Vec<_>, Vec<_>) = (0..nodes).map(node).unzip();
        let primaries = nodes.len() / 2;
        for (n, node) in nodes[..primaries].iter().enumerate() {
            let [first, after] = [n, n + 1].map(|n| n * SLOTS / primaries);
            node.ask(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &(after - 1).to_string()]);
        }
        for (node, bus) in nodes.iter().zip(&buses).skip(1) {
            nodes[0].ask(&["CLUSTER", "MEET", "127.0.0.1", &node.port().to_string(), bus]);
        }
        let cluster = Self { nodes };
        let known = format!("cluster_known_nodes:{}", cluster.nodes.len());
        cluster.until(|info| info.contains(&known) && info.contains("cluster_state:ok"));
        for (primary, replica) in cluster.nodes[..primaries].iter().zip(&cluster.nodes[primaries..]) {
            let id = primary.ask(&["CLUSTER", "MYID"]).into_text();
            replica.ask(&["CLUSTER", "REPLICATE", &id]);
            until("the replica is there", || replica.info("replication").contains("master_link_status:up"));
        }
        cluster
    }

    /// Its address, as `REDIS_URL` takes it.
    #[must_use]
    pub fn url(&self) -> String {
        let nodes: Vec<_> = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
        format!("redis+cluster://{}", nodes.join(","))
    }

    /// Waits until this holds of what each node says of the cluster.
    pub fn until(&self, holds: impl Fn(&str) -> bool) {
        for node in &self.nodes {
            until("the nodes agree", || holds(&node.ask(&["CLUSTER", "INFO"]).into_text()));
        }
    }

    /// The replica takes the place of its primary.
    pub fn fail_over(&self, primary: usize) {
        let replica = &self.nodes[self.nodes.len() / 2 + primary];
        replica.ask(&["CLUSTER", "FAILOVER"]);
        until("the replica took over", || replica.info("replication").contains("role:master"));
    }
}
