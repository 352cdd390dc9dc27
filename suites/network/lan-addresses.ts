import { isWithinCidr } from '../../guide/address.ts';

/** Of addresses with their prefixes, those of the LAN, whatever the prefix; the virtual IP is held beside a node's own. */
export function lanAddresses(addresses: readonly string[], { cidr, vip }: { cidr: string; vip: string }): string[] {
  return addresses.filter((address) => {
    const [host = ''] = address.split('/');
    return isWithinCidr(host, cidr) && address !== `${vip}/32`;
  });
}
