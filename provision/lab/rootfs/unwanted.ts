/** What no program of the trees reads at run time; it is most of their size. */
export const unwantedPaths: readonly string[] = [
  'boot', 'home', 'media', 'mnt', 'opt', 'srv',
  'usr/games', 'usr/include', 'usr/src', 'usr/lib32', 'usr/libx32', 'lib32', 'libx32',
  'usr/share/doc', 'usr/share/man', 'usr/share/info', 'usr/share/locale', 'usr/share/i18n', 'usr/share/lintian', 'usr/share/linda',
  'usr/share/bash-completion', 'usr/share/zsh', 'usr/share/fish', 'usr/share/bug', 'usr/share/common-licenses', 'usr/share/perl',
  'usr/share/perl5', 'usr/share/debconf', 'usr/share/dpkg', 'usr/share/doc-base', 'usr/share/menu', 'usr/share/pixmaps',
  'usr/share/applications', 'usr/share/vim', 'usr/share/gdb', 'usr/share/polkit-1',
  'usr/lib/apt', 'usr/lib/dpkg', 'usr/lib/locale', 'usr/lib/init', 'usr/lib/systemd', 'usr/lib/udev', 'usr/lib/python3', 'usr/lib/mime',
  'var/lib/apt', 'var/lib/dpkg', 'var/cache', 'etc/apt', 'etc/dpkg', 'etc/systemd', 'etc/init.d', 'etc/cron.d', 'etc/cron.daily',
  'etc/cron.weekly', 'etc/rc0.d', 'etc/rc1.d', 'etc/rc2.d', 'etc/rc3.d', 'etc/rc4.d', 'etc/rc5.d', 'etc/rc6.d', 'etc/rcS.d',
];

/** Programs of Perl and of Debian's package tools, as the beginning of their names in /usr/bin and /usr/sbin. */
export const unwantedPrograms: readonly string[] = ['perl', 'dpkg', 'apt', 'debconf', 'deb-'];

/** Architecture-dependent folders of /usr/lib/<triplet>. */
export const unwantedLibraries: readonly string[] = ['gconv', 'perl', 'perl-base', 'audit', 'engines-3', 'ossl-modules/legacy.so'];
