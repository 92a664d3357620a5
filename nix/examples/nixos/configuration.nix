# A host on NixOS.  Imported beside plugin-lock's `nixosModules.default`.
{ config, pkgs, ... }:
let
  host = config.programs.plugin-lock.hosts.example;
in
{
  programs.plugin-lock.hosts.example = {
    lock = ./plugins.lock;

    # Of the lock's plugins those that this machine wants.
    plugins = [
      "weather-plugin"
      "notes"
    ];

    # Its programs find the plugins after all that it ships itself.
    package = pkgs.example-host;

    # Where it looks for plugin folders; what is there already is never touched.
    directory = "/var/lib/example-host/plugins";
    user = "example-host";
    group = "example-host";

    # Started after the links are there, and again when they change.
    services = [ "example-host" ];
  };

  systemd.services.example-host = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig = {
      ExecStart = "${host.finalPackage}/bin/host-app";
      User = "example-host";
      StateDirectory = "example-host";
    };
  };

  users.users.example-host = {
    isSystemUser = true;
    group = "example-host";
  };
  users.groups.example-host = { };
}
