/**
 * The keys that a Talos v1.11 machine configuration may have (machinery: config/types, config/schemas/config.schema.json), in
 * words of our own: the name of an object, then its keys. `key` alone holds a plain value; `key=Object` an object,
 * `key=Object[]` a list of them, `key={Object}` a map of them by free names; `[]` and `{}` hold plain values,
 * `*` anything.
 */
const objects = {
  VolumeDiscoverySpec: 'volumeSelector=VolumeSelector',
  MountSpec: 'readOnly',
  ProvisioningSpec: 'diskSelector=DiskSelector grow minSize maxSize',
  EncryptionSpec: 'provider keys=EncryptionKey[] cipher keySize blockSize options=[]',
  FilesystemSpec: 'type projectQuotaSupport',
  ConfigFile: 'content mountPath',
  EthernetRingsConfig: 'rx tx rx-mini rx-jumbo rx-buf-len cqe-size tx-push rx-push tx-push-buf-len tcp-data-split',
  EthernetChannelsConfig: 'rx tx other combined',
  RulePortSelector: 'ports=[] protocol',
  IngressRule: 'subnet except',
  MachineConfig:
    'type token ca=PemPair certSANs=[] controlPlane=MachineControlPlaneConfig kubelet=KubeletConfig pods=*[] ' +
    'network=NetworkConfig install=InstallConfig files=MachineFile[] env={} time=TimeConfig sysctls={} sysfs={} ' +
    'registries=RegistriesConfig features=FeaturesConfig udev=UdevConfig logging=LoggingConfig kernel=KernelConfig ' +
    'seccompProfiles=MachineSeccompProfile[] baseRuntimeSpecOverrides=* nodeLabels={} nodeAnnotations={} nodeTaints={} ' +
    'disks=MachineDisk[] systemDiskEncryption=SystemDiskEncryptionConfig acceptedCAs=PemCertificate[]',
  ClusterConfig:
    'id secret controlPlane=ControlPlaneConfig clusterName network=ClusterNetworkConfig token aescbcEncryptionSecret ' +
    'secretboxEncryptionSecret ca=PemPair aggregatorCA=PemPair serviceAccount=PemKey apiServer=APIServerConfig ' +
    'controllerManager=ControllerManagerConfig proxy=ProxyConfig scheduler=SchedulerConfig discovery=ClusterDiscoveryConfig ' +
    'etcd=EtcdConfig coreDNS=CoreDNS externalCloudProvider=ExternalCloudProviderConfig extraManifests=[] ' +
    'extraManifestHeaders={} inlineManifests=ClusterInlineManifest[] adminKubeconfig=AdminKubeconfigConfig ' +
    'allowSchedulingOnControlPlanes allowSchedulingOnMasters acceptedCAs=PemCertificate[]',
  VolumeSelector: 'match',
  DiskSelector: 'match',
  EncryptionKey: 'slot static=EncryptionKeyStatic nodeID=EncryptionKeyNodeID kms=EncryptionKeyKMS tpm=EncryptionKeyTPM lockToState',
  MachineControlPlaneConfig: 'controllerManager=MachineControllerManagerConfig scheduler=MachineSchedulerConfig',
  KubeletConfig:
    'image clusterDNS=[] extraArgs={} extraMounts=ExtraMount[] extraConfig=* credentialProviderConfig=* ' +
    'defaultRuntimeSeccompProfileEnabled registerWithFQDN nodeIP=KubeletNodeIPConfig skipNodeRegistration ' +
    'disableManifestsDirectory',
  NetworkConfig:
    'hostname interfaces=Device[] nameservers=[] searchDomains=[] extraHostEntries=ExtraHost[] kubespan=NetworkKubeSpan ' +
    'disableSearchDomain',
  InstallConfig:
    'disk diskSelector=InstallDiskSelector extraKernelArgs=[] image wipe legacyBIOSSupport extensions=InstallExtension[] bootloader',
  MachineFile: 'content permissions path op',
  TimeConfig: 'disabled servers=[] bootTimeout',
  RegistriesConfig: 'mirrors={RegistryMirrorConfig} config={RegistryConfig}',
  FeaturesConfig:
    'rbac stableHostname kubernetesTalosAPIAccess=KubernetesTalosAPIAccessConfig apidCheckExtKeyUsage diskQuotaSupport ' +
    'kubePrism=KubePrism hostDNS=HostDNSConfig imageCache=ImageCacheConfig nodeAddressSortAlgorithm',
  UdevConfig: 'rules=[]',
  LoggingConfig: 'destinations=LoggingDestination[]',
  KernelConfig: 'modules=KernelModuleConfig[]',
  MachineSeccompProfile: 'name value=*',
  ControlPlaneConfig: 'endpoint localAPIServerPort',
  ClusterNetworkConfig: 'cni=CNIConfig dnsDomain podSubnets=[] serviceSubnets=[]',
  APIServerConfig:
    'image extraArgs={} extraVolumes=VolumeMountConfig[] env={} certSANs=[] disablePodSecurityPolicy ' +
    'admissionControl=AdmissionPluginConfig[] auditPolicy=* resources=* ' +
    'authorizationConfig=AuthorizationConfigAuthorizerConfig[]',
  ControllerManagerConfig: 'image extraArgs={} extraVolumes=VolumeMountConfig[] env={} resources=*',
  ProxyConfig: 'disabled image mode extraArgs={}',
  SchedulerConfig: 'image extraArgs={} extraVolumes=VolumeMountConfig[] env={} resources=* config=*',
  ClusterDiscoveryConfig: 'enabled registries=DiscoveryRegistriesConfig',
  EtcdConfig: 'image ca=PemPair extraArgs={} advertisedSubnets=[] listenSubnets=[] subnet',
  CoreDNS: 'disabled image',
  ExternalCloudProviderConfig: 'enabled manifests=[]',
  ClusterInlineManifest: 'name contents',
  AdminKubeconfigConfig: 'certLifetime',
  EncryptionKeyStatic: 'passphrase',
  EncryptionKeyNodeID: '',
  EncryptionKeyKMS: 'endpoint',
  EncryptionKeyTPM: 'checkSecurebootStatusOnEnroll',
  MachineControllerManagerConfig: 'disabled',
  MachineSchedulerConfig: 'disabled',
  ExtraMount: 'destination type source options=[] uidMappings=LinuxIDMapping[] gidMappings=LinuxIDMapping[]',
  KubeletNodeIPConfig: 'validSubnets=[]',
  Device:
    'interface deviceSelector=NetworkDeviceSelector addresses=[] routes=Route[] bond=Bond bridge=Bridge ' +
    'bridgePort=BridgePort vlans=Vlan[] mtu dhcp ignore dummy dhcpOptions=DHCPOptions wireguard=DeviceWireguardConfig ' +
    'vip=DeviceVIPConfig cidr',
  ExtraHost: 'ip aliases=[]',
  NetworkKubeSpan: 'enabled advertiseKubernetesNetworks allowDownPeerBypass harvestExtraEndpoints mtu filters=KubeSpanFilters',
  InstallDiskSelector: 'size name model serial modalias uuid wwid type busPath',
  RegistryMirrorConfig: 'endpoints=[] overridePath skipFallback',
  RegistryConfig: 'tls=RegistryTLSConfig auth=RegistryAuthConfig',
  KubernetesTalosAPIAccessConfig: 'enabled allowedRoles=[] allowedKubernetesNamespaces=[]',
  KubePrism: 'enabled port',
  HostDNSConfig: 'enabled forwardKubeDNSToHost resolveMemberNames',
  ImageCacheConfig: 'localEnabled',
  LoggingDestination: 'endpoint format extraTags={}',
  KernelModuleConfig: 'name parameters=[]',
  CNIConfig: 'name urls=[] flannel=FlannelCNIConfig',
  VolumeMountConfig: 'hostPath mountPath readonly',
  AdmissionPluginConfig: 'name configuration=*',
  AuthorizationConfigAuthorizerConfig: 'type name webhook=*',
  DiscoveryRegistriesConfig: 'kubernetes=RegistryKubernetesConfig service=RegistryServiceConfig',
  LinuxIDMapping: 'containerID hostID size',
  NetworkDeviceSelector: 'busPath hardwareAddr permanentAddr pciID driver physical',
  Route: 'network gateway source metric mtu',
  Bond:
    'interfaces=[] deviceSelectors=NetworkDeviceSelector[] arpIPTarget=[] mode xmitHashPolicy lacpRate adActorSystem ' +
    'arpValidate arpAllTargets primary primaryReselect failOverMac adSelect miimon updelay downdelay arpInterval resendIgmp ' +
    'minLinks lpInterval packetsPerSlave numPeerNotif tlbDynamicLb allSlavesActive useCarrier adActorSysPrio adUserPortKey ' +
    'peerNotifyDelay',
  Bridge: 'interfaces=[] stp=STP vlan=BridgeVLAN',
  BridgePort: 'master',
  Vlan: 'addresses=[] routes=Route[] dhcp vlanId mtu vip=DeviceVIPConfig dhcpOptions=DHCPOptions cidr',
  DHCPOptions: 'routeMetric ipv4 ipv6 duidv6',
  DeviceWireguardConfig: 'privateKey listenPort firewallMark peers=DeviceWireguardPeer[]',
  DeviceVIPConfig: 'ip equinixMetal=VIPEquinixMetalConfig hcloud=VIPHCloudConfig',
  KubeSpanFilters: 'endpoints=[]',
  RegistryTLSConfig: 'clientIdentity=PemPair ca insecureSkipVerify',
  RegistryAuthConfig: 'username password auth identityToken',
  FlannelCNIConfig: 'extraArgs=[]',
  RegistryKubernetesConfig: 'disabled',
  RegistryServiceConfig: 'disabled endpoint',
  STP: 'enabled',
  BridgeVLAN: 'vlanFiltering',
  DeviceWireguardPeer: 'publicKey endpoint persistentKeepaliveInterval allowedIPs=[]',
  VIPEquinixMetalConfig: 'apiToken',
  VIPHCloudConfig: 'apiToken',
  MachineDisk: 'device partitions=DiskPartition[]',
  DiskPartition: 'size mountpoint',
  SystemDiskEncryptionConfig: 'state=EncryptionConfig ephemeral=EncryptionConfig',
  EncryptionConfig: 'provider keys=MachineEncryptionKey[] cipher keySize blockSize options=[]',
  MachineEncryptionKey: 'static=EncryptionKeyStatic nodeID=EncryptionKeyNodeID kms=EncryptionKeyKMS slot tpm=EncryptionKeyTPM',
  InstallExtension: 'image',
  PemPair: 'crt key',
  PemKey: 'key',
  PemCertificate: 'crt',
} as const;

/** Documents by their kind; the one without a kind is `v1alpha1`. */
const documents = {
  ExistingVolumeConfig: 'apiVersion kind name discovery=VolumeDiscoverySpec mount=MountSpec',
  RawVolumeConfig: 'apiVersion kind name provisioning=ProvisioningSpec encryption=EncryptionSpec',
  SwapVolumeConfig: 'apiVersion kind name provisioning=ProvisioningSpec encryption=EncryptionSpec',
  UserVolumeConfig: 'apiVersion kind name provisioning=ProvisioningSpec filesystem=FilesystemSpec encryption=EncryptionSpec',
  VolumeConfig: 'apiVersion kind name provisioning=ProvisioningSpec encryption=EncryptionSpec',
  ZswapConfig: 'apiVersion kind maxPoolPercent shrinkerEnabled',
  ExtensionServiceConfig: 'apiVersion kind name configFiles=ConfigFile[] environment=[]',
  PCIDriverRebindConfig: 'apiVersion kind name targetDriver',
  NetworkDefaultActionConfig: 'apiVersion kind ingress',
  EthernetConfig: 'apiVersion kind name features={} rings=EthernetRingsConfig channels=EthernetChannelsConfig',
  KubeSpanEndpoints: 'apiVersion kind extraAnnouncedEndpoints=[]',
  NetworkRuleConfig: 'apiVersion kind name portSelector=RulePortSelector ingress=IngressRule[]',
  EventSinkConfig: 'apiVersion kind endpoint',
  KmsgLogConfig: 'apiVersion kind name url',
  WatchdogTimerConfig: 'apiVersion kind device timeout',
  TrustedRootsConfig: 'apiVersion kind name certificates',
  SideroLinkConfig: 'apiVersion kind apiUrl uniqueToken',
  v1alpha1: 'version debug machine=MachineConfig cluster=ClusterConfig persist',
} as const;

/** What a key holds. */
export type Held =
  | { readonly kind: 'plain' }
  | { readonly kind: 'anything' }
  | { readonly kind: 'list'; readonly of: Held }
  | { readonly kind: 'map'; readonly of: Held }
  | { readonly kind: 'object'; readonly name: string };

export type Keys = ReadonlyMap<string, Held>;

const tables: ReadonlyMap<string, Keys> = new Map(Object.entries({ ...objects, ...documents }).map(([name, text]) => [name, keysOf(text)]));

export const documentKinds: ReadonlySet<string> = new Set(Object.keys(documents));

/** The keys of an object or a document; undefined when there is none of that name. */
export function keysOfObject(name: string): Keys | undefined {
  return tables.get(name);
}

function keysOf(text: string): Keys {
  return new Map(
    text
      .split(' ')
      .filter((word) => word !== '')
      .map((word) => {
        const [key = '', held = ''] = word.split('=');
        return [key, heldOf(held)];
      }),
  );
}

function heldOf(text: string): Held {
  if (text === '') return { kind: 'plain' };
  if (text === '*') return { kind: 'anything' };
  if (text.endsWith('[]')) return { kind: 'list', of: heldOf(text.slice(0, -2)) };
  if (text.startsWith('{')) return { kind: 'map', of: heldOf(text.slice(1, -1)) };
  return { kind: 'object', name: text };
}
