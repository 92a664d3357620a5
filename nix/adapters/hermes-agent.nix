# hermes-agent: hands what a lock gives to the options of hermes-agent's own module, for NixOS and Home Manager.
# Imported beside plugin-lock's own module; without hermes-agent's it declares its options and does nothing.
{
  config,
  lib,
  options,
  pkgs,
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

  # In a home the service is one for messages, and systemd's only on Linux.
  hasGateway = service.gateway.enable or false && pkgs.stdenv.hostPlatform.isLinux;

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

  ours = map (package: package.outPath) host.library.pythonPackages;

  # Packaged by hand, and on the path with or before the locked one, which then may never be found.  In our own way the
  # locked ones are in the same list.
  byHand = builtins.filter (
    package: cfg.way == "wrapper" || !(builtins.elem package.outPath ours)
  ) (service.extraPythonPackages or [ ]);

  lockedOf = package: host.library.packages.${normalized (lib.getName package)} or null;

  doubled = builtins.filter (package: lockedOf package != null) byHand;

  # What they need, of another version than the locked plugins were resolved with.
  shadowing = builtins.filter (
    package: lockedOf package != null && versionOf package != versionOf (lockedOf package)
  ) (lib.unique (builtins.concatMap (package: package.requiredPythonModules or [ ]) byHand));

  versionOf = package: package.version or (builtins.parseDrvName package.name).version;

  warningOf =
    package:
    "plugin-lock: services.hermes-agent.extraPythonPackages brings ${lib.getName package} ${versionOf package}, and "
    + "${versionOf (lockedOf package)} is locked: locked plugins may be given the wrong one; lock the plugin that needs "
    + "it as well, or package it with programs.plugin-lock.hosts.hermes-agent.library.packages."
    + normalized (lib.getName package);

  # What is linked by the host's entry is not handed on as well, and what is not linked is not lost.
  isLinked = name: host.directory != null && (host.linked == null || builtins.elem name host.linked);

  folders = builtins.filter (folder: !(isLinked folder.pluginName)) host.library.directoryPlugins;

  unlinked = builtins.filter (name: !(isLinked name)) cfg.linkedByName;

  # Whether its package is the same with our packages and with one of no interpreter: then it drops them all.
  isDropped =
    let
      packageWith = packages: (service.package.override { extraPythonPackages = packages; }).drvPath;

      ofNone = {
        type = "derivation";
        name = "of-no-interpreter";
        outPath = "/of-no-interpreter";
      };
    in
    cfg.way == "option"
    && host.library.pythonPackages != [ ]
    && packageWith host.library.pythonPackages == packageWith [ ofNone ];

  # Its own module ends the activation of the machine at a folder without this very file.
  refused = builtins.filter (folder: folder.manifest.file != "plugin.yaml") folders;

  namesOf = builtins.concatStringsSep ", ";

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
          # Where hermes-agent is off there is no user and no service for its plugins.
          enable = lib.mkDefault service.enable;
          # Its own module installs it.
          install = lib.mkDefault false;
          directory = lib.mkDefault "${home}/plugins";
          linked = lib.mkDefault cfg.linkedByName;
          services = lib.mkDefault (lib.optional (!isForOneUser || hasGateway) "hermes-agent");
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
      warnings = lib.mkIf isWanted (map warningOf (lib.subtractLists doubled shadowing));
      assertions = lib.mkIf isWanted [
        {
          assertion = cfg.way == "option" || host.package != null;
          message =
            "plugin-lock: programs.plugin-lock.hosts.hermes-agent.package is not set; "
            + "set it to hermes-agent's package, and `environment` to its `hermesVenv`, or set "
            + "programs.plugin-lock.hermes-agent.way = \"option\"";
        }
        {
          assertion = !isDropped;
          message =
            "plugin-lock: hermes-agent runs on another interpreter than the locked plugins are for "
            + "(${host.library.python}), and would drop them all without a word; set "
            + "programs.plugin-lock.hosts.hermes-agent.python to its own, or let its flake follow your nixpkgs";
        }
        {
          assertion = lost == [ ];
          message =
            "plugin-lock: services.hermes-agent.settings.plugins.enabled is set twice, and "
            + "${namesOf lost} would be lost; put what is not locked into "
            + "programs.plugin-lock.hermes-agent.alsoEnabled";
        }
        {
          assertion = !cfg.enablePlugins || service.configFile or null == null;
          message =
            "plugin-lock: services.hermes-agent.configFile is set, and its module reads no `settings` then, so the "
            + "plugins would not be enabled; list programs.plugin-lock.hermes-agent.enabledNames in that file, and set "
            + "programs.plugin-lock.hermes-agent.enablePlugins = false";
        }
        {
          assertion = unlinked == [ ];
          message =
            "plugin-lock: programs.plugin-lock.hermes-agent.linkedByName has ${namesOf unlinked}, and "
            + "programs.plugin-lock.hosts.hermes-agent does not link it; leave its `linked` and `directory` as they are, "
            + "or put the name into `linked`";
        }
        {
          assertion = refused == [ ];
          message =
            "plugin-lock: services.hermes-agent.extraPlugins takes no folder without a plugin.yaml, and "
            + "${namesOf (map (folder: "${folder.pluginName} has a ${folder.manifest.file}") refused)}; put such names "
            + "into programs.plugin-lock.hermes-agent.linkedByName";
        }
        {
          assertion = doubled == [ ];
          message =
            "plugin-lock: ${namesOf (map lib.getName doubled)} in "
            + "services.hermes-agent.extraPythonPackages is locked as well; leave it out of one of them";
        }
      ];
    })
  ];
}
