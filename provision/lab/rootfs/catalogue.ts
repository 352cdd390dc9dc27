/** A small Debian tree, made of packages that are unpacked but not configured. */
export interface Tree {
  readonly name: string;
  readonly packages: readonly string[];
  /** Programs that must start in the tree, each with arguments that make it end at once. */
  readonly programs: readonly (readonly string[])[];
}

/** Debian 12: its containerd (1.6) and runc (1.1) still run on cgroup v1 and on the kernels of its time. */
export const debianSuite = 'bookworm';

/** /usr of the lab's nodes: what Talos' own root file system has, and what the node's services and a reader need. */
export const nodeTree: Tree = {
  name: 'node',
  packages: [
    'base-files', 'bash', 'bind9-dnsutils', 'bsdutils', 'busybox-static', 'ca-certificates', 'conntrack', 'containerd', 'containernetworking-plugins',
    'coreutils', 'curl', 'dash', 'diffutils', 'e2fsprogs', 'ethtool', 'findutils', 'gpg', 'gpg-agent', 'grep', 'gzip', 'haproxy', 'hostname', 'ipset',
    'iptables', 'iproute2', 'iputils-arping', 'iputils-ping', 'jq', 'kmod', 'libc-bin', 'libstdc++6', 'login', 'mawk', 'mount',
    'netbase', 'netcat-openbsd', 'nftables', 'openssl', 'procps', 'psmisc', 'runc', 'runit', 'sed', 'socat', 'sysvinit-utils',
    'tar', 'tcpdump', 'util-linux', 'xfsprogs',
  ],
  programs: [
    ['containerd', '--version'], ['containerd-shim-runc-v2', '-v'], ['ctr', '--version'], ['runc', '--version'],
    ['iptables', '--version'], ['ip6tables', '--version'], ['ipset', '--version'], ['nft', '--version'], ['conntrack', '--version'],
    ['haproxy', '-v'], ['runsvdir'], ['runsv'], ['sv'], ['svlogd'], ['chpst'], ['busybox', 'true'], ['arping', '-V'], ['ping', '-V'],
    ['ip', '-V'], ['curl', '--version'], ['jq', '--version'], ['mkfs.ext4', '-V'], ['mkfs.xfs', '-V'], ['mount', '--version'],
    ['unshare', '--version'], ['nsenter', '--version'], ['tcpdump', '--version'], ['socat', '-V'], ['ethtool', '--version'],
    ['openssl', 'version'], ['gpg', '--version'], ['ps', '--version'], ['modprobe', '--version'], ['awk', 'BEGIN{}'], ['which', 'sh'],
  ],
};

/** The layer under the images that need more than one program; upstream bases them on Debian, Alpine or Red Hat. */
export const toolsTree: Tree = {
  name: 'tools',
  packages: [
    'bash', 'bind9-dnsutils', 'busybox-static', 'ca-certificates', 'conntrack', 'coreutils', 'curl', 'dash', 'e2fsprogs', 'ethtool', 'fuse3',
    'ipset', 'iptables', 'iproute2', 'iputils-arping', 'iputils-ping', 'jq', 'kmod', 'libc-bin', 'libstdc++6', 'mount', 'netbase',
    'netcat-openbsd', 'nftables', 'openssh-sftp-server', 'procps', 'runit', 'socat', 'sshfs', 'util-linux', 'wget', 'xfsprogs',
  ],
  programs: [
    ['iptables', '--version'], ['iptables-legacy', '--version'], ['ip6tables', '--version'], ['ipset', '--version'], ['nft', '--version'],
    ['conntrack', '--version'], ['runsvdir'], ['ip', '-V'], ['curl', '--version'], ['dig', '-v'], ['jq', '--version'], ['nc', '-h'],
    ['busybox', 'true'], ['wget', '--version'], ['awk', 'BEGIN{}'], ['which', 'sh'], ['mkfs.ext4', '-V'], ['mkfs.xfs', '-V'], ['xfs_growfs', '-V'],
    ['losetup', '--version'], ['mount', '--version'], ['sshfs', '--version'], ['socat', '-V'],
  ],
};
