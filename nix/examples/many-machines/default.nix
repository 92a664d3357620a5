# One NixOS module for each machine, all from one lock: `nixosConfigurations = mapAttrs (name: module: nixosSystem {
# inherit (machines.${name}) system; modules = [ plugin-lock.nixosModules.default module ]; }) modules`.
let
  machines = import ./machines.nix;

  moduleOf = _: machine: {
    programs.plugin-lock.hosts.example = {
      lock = ./plugins.lock;
      inherit (machine) plugins;
      directory = "/var/lib/example-host/plugins";
    };
  };
in
{
  inherit machines;
  modules = builtins.mapAttrs moduleOf machines;
}
