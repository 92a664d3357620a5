# A stand-in for hermes-agent's own modules: the options that plugins go through, with the types, the names, the check of
# names and the package's arguments of the real ones.  Which filter and which check of collisions the real package has
# is written in `package`.
{
  # "nixos" or "home-manager"
  kind ? "nixos",
  # The virtual environment that the package wraps, and the interpreter that it is for.
  environment,
  python,
}:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;

  cfg = config.services.hermes-agent;

  # Several modules' settings: of two lists one is kept.
  deepConfigType = types.mkOptionType {
    name = "hermes-config-attrs";
    check = builtins.isAttrs;
    merge = _: definitions: lib.foldl' lib.recursiveUpdate { } (map (definition: definition.value) definitions);
  };

  makePackage =
    {
      extraPythonPackages ? [ ],
      extraDependencyGroups ? [ ],
    }:
    let
      # Drops, without a word, what is not of this very interpreter.
      modules = builtins.filter (package: package != python) (
        python.pkgs.requiredPythonModules extraPythonPackages
      );
      searchPath = builtins.concatStringsSep ":" (map (package: "${package}/${python.sitePackages}") modules);
      built = pkgs.stdenv.mkDerivation {
        pname = "hermes-agent";
        version = "0.17.0";
        name = "hermes-agent-0.17.0";
        groups = extraDependencyGroups;
        inherit environment searchPath;
        places = map (package: "${package}/${python.sitePackages}") modules;
        buildCommand = ''
          mkdir -p "$out/bin"
          names() {
            sed -n 's/^Name: *//p' "$1"/*.dist-info/METADATA | tr 'A-Z_.' 'a-z--' | sort -u
          }
          names "$environment"/${python.sitePackages} > core
          for place in $places; do
            names "$place" > extra
            if [ -n "$(comm -12 core extra)" ]; then
              echo "ERROR: plugin package collides with a package in hermes sealed venv: $(comm -12 core extra)" >&2
              exit 1
            fi
          done
          {
            echo '#!/bin/sh'
            echo "export HERMES_PYTHON=$environment/bin/python3"
            [ -z "$searchPath" ] || echo "export PYTHONPATH=\"\''${PYTHONPATH:+\$PYTHONPATH:}$searchPath\""
            echo "exec $environment/bin/host-app \"\$@\""
          } > "$out/bin/hermes"
          chmod +x "$out/bin/hermes"
        '';
        passthru.hermesVenv = environment;
      };
    in
    built
    // {
      override = makePackage;
    };

  package =
    if cfg.extraPythonPackages == [ ] && cfg.extraDependencyGroups == [ ] then
      cfg.package
    else
      cfg.package.override { inherit (cfg) extraDependencyGroups extraPythonPackages; };

  names = map lib.getName cfg.extraPlugins;

  listOf =
    inner:
    mkOption {
      type = types.listOf inner;
      default = [ ];
    };

  text =
    default:
    mkOption {
      type = types.str;
      inherit default;
    };

  shared = {
    enable = lib.mkEnableOption "Hermes Agent";
    package = mkOption {
      type = types.package;
      default = makePackage { };
    };
    settings = mkOption {
      type = deepConfigType;
      default = { };
    };
    # In place of all settings.
    configFile = mkOption {
      type = types.nullOr types.path;
      default = null;
    };
    extraPlugins = listOf types.package;
    extraPythonPackages = listOf types.package;
    extraPackages = listOf types.package;
    environment = mkOption {
      type = types.attrsOf types.str;
      default = { };
    };
    extraDependencyGroups = listOf types.str;
  };

  ofKind =
    if kind == "nixos" then
      {
        user = text "hermes";
        group = text "hermes";
        stateDir = text "/var/lib/hermes";
      }
    else
      {
        hermesHome = text "${config.home.homeDirectory}/.hermes";
        gateway.enable = lib.mkEnableOption "the gateway for messages";
      };

  service =
    if kind == "nixos" then
      {
        systemd.services.hermes-agent = {
          wantedBy = [ "multi-user.target" ];
          serviceConfig.ExecStart = "${package}/bin/hermes gateway";
        };
      }
    else
      {
        home.packages = [ package ];
        systemd.user.services = lib.mkIf cfg.gateway.enable {
          hermes-agent.Service.ExecStart = "${package}/bin/hermes gateway";
        };
      };
in
{
  options.services.hermes-agent = shared // ofKind;

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      service
      {
        assertions = [
          {
            assertion = builtins.length names == builtins.length (lib.unique names);
            message = "services.hermes-agent.extraPlugins: duplicate plugin names detected: ${toString names}.";
          }
        ];
      }
    ]
  );
}
