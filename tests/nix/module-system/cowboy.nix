# A stand-in for Cowboy's own module: the options that plugins go through, with their names and types, the argument
# `cowboyLib`, and of what it makes of a bridge the three services.
{
  # Whether the machine has agents; they are declared either way.
  withAgents ? true,
  # Whether it is a release that has `cowboyLib`.
  withLibrary ? true,
}:
{
  config,
  lib,
  ...
}:
let
  inherit (lib) mkOption types;

  cfg = config.services.cowboy;

  enabledAgents = lib.filterAttrs (_: agent: agent.enable) cfg.agents;

  text =
    default:
    mkOption {
      type = types.str;
      inherit default;
    };

  optional =
    inner:
    mkOption {
      type = types.nullOr inner;
      default = null;
    };

  listOf =
    inner:
    mkOption {
      type = types.listOf inner;
      default = [ ];
    };

  flag = mkOption {
    type = types.bool;
    default = false;
  };

  registry =
    options:
    mkOption {
      type = types.attrsOf (types.submodule { inherit options; });
      default = { };
    };

  required = type: mkOption { inherit type; };

  partsOf =
    name: bridge:
    map
      (part: {
        name = "cowboy-bridge-${name}-${part}";
        value = {
          wantedBy = [ "cowboy-bridges.target" ];
          serviceConfig = {
            ExecStart = "${bridge.pkg}/bin/${name}-${part}";
            User = bridge.user;
          }
          // lib.optionalAttrs (bridge.env != null) { EnvironmentFile = bridge.env; };
        };
      })
      [
        "ping"
        "ingest"
        "outbox"
      ];
in
{
  options.services.cowboy = {
    broker = text "broker";

    agents = mkOption {
      type = types.attrsOf (
        types.submodule (
          { name, ... }:
          {
            options = {
              enable = mkOption {
                type = types.bool;
                default = true;
              };
              user = text name;
            };
          }
        )
      );
      default = { };
    };

    skills = registry {
      description = required types.str;
      prompt = optional types.path;
      promptText = optional types.lines;
      requires = listOf types.package;
      additionalTools = listOf types.str;
      tags = listOf types.str;
      autoLoad = flag;
    };

    tools = registry {
      command = required types.str;
      description = required types.str;
      schema = mkOption {
        type = types.attrsOf types.anything;
        default = { };
      };
      sandbox = mkOption {
        type = types.enum [
          "standard"
          "strict"
          "none"
        ];
        default = "standard";
      };
      package = optional types.package;
    };

    bridges = registry {
      pkg = required types.package;
      env = optional types.str;
      user = text cfg.broker;
      icon = text "";
      approval = {
        required = flag;
        notify_channel = text "";
      };
    };
  };

  config = {
    services.cowboy.agents.scout.enable = withAgents;

    _module.args = lib.optionalAttrs withLibrary {
      cowboyLib = {
        inherit enabledAgents;
        forAgents =
          make:
          lib.mapAttrs' (_: agent: {
            name = agent.user;
            value = make agent;
          }) enabledAgents;
      };
    };

    systemd.services = builtins.listToAttrs (
      builtins.concatLists (lib.mapAttrsToList partsOf cfg.bridges)
    );
  };
}
