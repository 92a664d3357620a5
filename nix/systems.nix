# The Nix systems a lock can be made for, and the shortest PEP 508 marker that tells each from the others.
{
  aarch64-darwin = "sys_platform == 'darwin' and platform_machine == 'arm64'";
  aarch64-linux = "sys_platform == 'linux' and platform_machine == 'aarch64'";
  x86_64-darwin = "sys_platform == 'darwin' and platform_machine == 'x86_64'";
  x86_64-linux = "sys_platform == 'linux' and platform_machine == 'x86_64'";
}
