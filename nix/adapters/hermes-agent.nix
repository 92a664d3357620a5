# hermes-agent: hands what a lock gives to the options of hermes-agent's own module, for NixOS and Home Manager.
# Imported beside plugin-lock's own module; without hermes-agent's it declares its options and does nothing.
{
  config,
  lib,
  options,
  ...
}:
let
  inherit (lib) mkOption types;

  cfg = config.programs.plugin-lock.hermes-agent;

  hosts = config.programs.plugin-lock.hosts;

  host = hosts.hermes-agent;

  isWanted = hosts ? hermes-agent && host.enable;

  # Its own module declares them; `or` for releases that do not have all.
  upstream = options.services.hermes-agent or { };

  isPresent = upstream ? enable;

  service = config.services.hermes-agent;

  isForOneUser = upstream ? hermesHome;

  # Enabling memory providers is a setting of its own; only these stand in `plugins.enabled`.
  names = import ./plugin-names.nix { inherit lib; } {
    inherit (host.library) plugins;
    groups = [ "hermes_agent.plugins" ];
  };

  enabled = names ++ lib.subtractLists names cfg.alsoEnabled;

  # What the lists of others' `plugins.enabled` have that the merged one has not: of two lists only one is kept.
  definitions = upstream.settings.definitionsWithLocations or [ ];

  lost = lib.subtractLists (service.settings.plugins.enabled or [ ]) (
    lib.unique (
      builtins.concatMap (definition: definition.value.plugins.enabled or [ ]) definitions
    )
  );

  # PEP 503, but for runs of separators, which no package of nixpkgs has in its name.
  normalized =
    name:
    builtins.replaceStrings
      [
        "_"
        "."
      ]
      [
        "-"
        "-"
      ]
      (lib.toLower name);

  # Packaged by hand, and first on the path: the locked one would never be found.
  byHand = if cfg.way == "wrapper" then service.extraPythonPackages or [ ] else [ ];

  doubled = builtins.filter (
    package: host.library.packages ? ${normalized (lib.getName package)}
  ) byHand;

  folders = builtins.filter (
    folder: !(builtins.elem folder.pluginName cfg.linkedByName)
  ) host.library.directoryPlugins;

  handed = {
    services.hermes-agent = lib.mkIf isWanted (
      lib.mkMerge [
        (lib.optionalAttrs (upstream ? extraPlugins) { extraPlugins = folders; })
        (lib.optionalAttrs (upstream ? extraPythonPackages) {
          extraPythonPackages = lib.mkIf (cfg.way == "option") host.library.pythonPackages;
        })
        # What the wrapper would set and add.
        (lib.optionalAttrs (upstream ? extraPackages) {
          extraPackages = lib.mkIf (cfg.way == "option") host.path;
        })
        (lib.optionalAttrs (upstream ? environment) {
          environment = lib.mkIf (cfg.way == "option") host.variables;
        })
        (lib.optionalAttrs (upstream ? package) {
          package = lib.mkIf (cfg.way == "wrapper") host.finalPackage;
        })
        (lib.optionalAttrs (upstream ? settings) {
          settings = lib.mkIf cfg.enablePlugins { plugins.enabled = enabled; };
        })
      ]
    );
  };

  # Where hermes-agent keeps its state, and who owns it.
  home = service.hermesHome or "${service.stateDir}/.hermes";

  ownership = lib.optionalAttrs (upstream ? user) {
    user = lib.mkDefault service.user;
    group = lib.mkDefault service.group;
  };

  # Defaults of the entry `hosts.hermes-agent`.
  defaults =
    { config, name, ... }:
    {
      config = lib.mkIf (name == "hermes-agent") (
        {
          package = lib.mkIf (cfg.way == "wrapper") (lib.mkDefault (upstream.package.default or null));
          environment = lib.mkIf (config.package != null) (
            lib.mkDefault (package: package.hermesVenv or (throw missingEnvironment))
          );
          # Its own module installs it.
          install = lib.mkDefault false;
          directory = lib.mkDefault "${home}/plugins";
          linked = lib.mkDefault cfg.linkedByName;
          services = lib.mkDefault (lib.optional (!isForOneUser) "hermes-agent");
        }
        // ownership
      );
    };

  missingEnvironment =
    "plugin-lock: the package of hermes-agent has no `hermesVenv`; set "
    + "programs.plugin-lock.hosts.hermes-agent.environment to the Python environment that its programs "
    + "run in, or programs.plugin-lock.hermes-agent.way to \"option\"";
in
{
  options.programs.plugin-lock.hosts = mkOption {
    type = types.attrsOf (types.submodule (lib.optionalAttrs isPresent { imports = [ defaults ]; }));
  };

  options.programs.plugin-lock.hermes-agent = {
    way = mkOption {
      type = types.enum [
        "wrapper"
        "option"
      ];
      default = "wrapper";
      description = ''
        How hermes-agent finds the Python packages. `wrapper`: `services.hermes-agent.package` becomes a hermes-agent
        whose own packages are always found first. `option`: they are handed to
        `services.hermes-agent.extraPythonPackages`, which puts them on PYTHONPATH, before hermes-agent's own, for every
        program that the agent starts as well.
      '';
    };

    enablePlugins = mkOption {
      type = types.bool;
      default = true;
      description = "Whether `services.hermes-agent.settings.plugins.enabled` lists the plugins.";
    };

    alsoEnabled = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "packaged-by-hand" ];
      description = ''
        Names of further plugins for `settings.plugins.enabled`. hermes-agent's module keeps one of several such lists,
        so all stand in one.
      '';
    };

    linkedByName = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "notes" ];
      description = ''
        Directory plugins that are linked under their own names, or where `linkNames` of the host says, instead of as
        `nix-managed-<name>`: hermes-agent knows memory providers by the name of their folder, and looks into folders of
        a category one level deeper. They need `directory` of the host.
      '';
    };

    enabledNames = mkOption {
      type = types.listOf types.str;
      readOnly = true;
      default = if isWanted then enabled else [ ];
      defaultText = lib.literalExpression "the names of the locked plugins, and alsoEnabled";
      description = ''
        The names for `settings.plugins.enabled`, for whoever writes that setting in another way.
      '';
    };
  };

  config = lib.mkMerge [
    (lib.optionalAttrs isPresent handed)
    (lib.optionalAttrs isPresent {
      assertions = lib.mkIf isWanted [
        {
          assertion = cfg.way == "option" || host.package != null;
          message =
            "plugin-lock: programs.plugin-lock.hosts.hermes-agent.package is not set; "
            + "set it to hermes-agent's package, and `environment` to its `hermesVenv`, or set programs.plugin-lock.hermes-agent.way = \"option\"";
        }
        {
          assertion = lost == [ ];
          message =
            "plugin-lock: services.hermes-agent.settings.plugins.enabled is set twice, and "
            + "${builtins.concatStringsSep ", " lost} would be lost; put what is not locked into "
            + "programs.plugin-lock.hermes-agent.alsoEnabled";
        }
        {
          assertion = doubled == [ ];
          message =
            "plugin-lock: ${builtins.concatStringsSep ", " (map lib.getName doubled)} in "
            + "services.hermes-agent.extraPythonPackages is locked as well; leave it out of one of them";
        }
      ];
    })
  ];
}
