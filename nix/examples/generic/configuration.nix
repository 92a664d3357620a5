# Any host whose own module has options for plugins.  `genericAdapter` is the file nix/adapters/generic.nix of plugin-lock,
# given as a special argument; imported beside plugin-lock's `nixosModules.default`.
{ genericAdapter, ... }:
{
  imports = [
    (import genericAdapter {
      host = "example";
      # Paths of the host's own options.  One that is not declared on this machine is left out.
      pythonPackages = [
        "services"
        "example-host"
        "extraPackages"
      ];
      directoryPlugins = [
        "services"
        "example-host"
        "plugins"
      ];
      pluginNames = [
        "services"
        "example-host"
        "settings"
        "enabled"
      ];
      # Names are those of entry points in these groups, and of the manifests of plugin folders.
      groups = [ "example_host.plugins" ];
    })
  ];

  programs.plugin-lock.hosts.example.lock = ./plugins.lock;
}
