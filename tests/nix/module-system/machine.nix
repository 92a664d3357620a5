# A machine (or a user's home) without nixpkgs: the options that the modules define, with values of any kind.
{
  pkgs,
  modules,
  # "nixos" or "home-manager"
  kind ? "nixos",
}:
let
  lib = import ./lib.nix;

  inherit (lib) mkOption types;

  open = mkOption {
    type = types.anything;
    default = { };
  };

  listOf =
    inner:
    mkOption {
      type = types.listOf inner;
      default = [ ];
    };

  common = {
    options.assertions = listOf types.raw;
    options.warnings = listOf types.str;
  };

  nixos.options = {
    environment.systemPackages = listOf types.package;
    environment.variables = open;
    systemd.services = open;
    systemd.user.services = open;
    systemd.tmpfiles.rules = listOf types.str;
    systemd.tmpfiles.settings = open;
    system.activationScripts = open;
    users.users = open;
    users.groups = open;
  };

  homeManager.options = {
    home.homeDirectory = mkOption {
      type = types.str;
      default = "/home/someone";
    };
    home.packages = listOf types.package;
    home.file = open;
    home.activation = open;
    home.sessionVariables = open;
    systemd.user.services = open;
  };

  # Each key by its whole path, as TOML has it, and values in the words that it shares with JSON.
  tomlLines =
    path: value:
    if builtins.isAttrs value then
      builtins.concatLists (lib.mapAttrsToList (name: tomlLines (path ++ [ (builtins.toJSON name) ])) value)
    else
      [ "${builtins.concatStringsSep "." path} = ${builtins.toJSON value}\n" ];

  writeText =
    name: text:
    pkgs.stdenv.mkDerivation {
      inherit name text;
      passAsFile = [ "text" ];
      buildCommand = ''cp "$textPath" "$out"'';
    };

  evaluated = lib.evalModules {
    modules = [
      common
      (if kind == "nixos" then nixos else homeManager)
      {
        _module.args.pkgs = pkgs // {
          inherit lib writeText;
          formats.toml = _: {
            generate = name: value: writeText name (builtins.concatStringsSep "" (tomlLines [ ] value));
          };
        };
      }
    ]
    ++ modules;
  };

  failed = builtins.filter (assertion: !assertion.assertion) evaluated.config.assertions;
in
{
  inherit (evaluated) options;

  # For what has to be known first, such as the system of a machine.
  unchecked = evaluated.config;

  # As NixOS and Home Manager do before they build anything.
  config =
    if failed == [ ] then
      evaluated.config
    else
      throw "Failed assertions: ${builtins.concatStringsSep "; " (map (assertion: assertion.message) failed)}";
}
