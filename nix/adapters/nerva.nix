# Nerva: locked folders with a `skill.toml` as its skills, and its daemon as a service of each user, for NixOS and Home
# Manager.  Imported beside plugin-lock's own module; where a module of Nerva's own has settings, they get the skills.
{
  config,
  lib,
  options,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;

  cfg = config.programs.plugin-lock.nerva;

  hosts = config.programs.plugin-lock.hosts;

  host = hosts.nerva;

  isWanted = hosts ? nerva && host.enable;

  isForOneUser = options ? home.file;

  plugins = if isWanted then host.library.plugins else { };

  isSkill = plugin: plugin.manifest != null && plugin.manifest.file == "skill.toml";

  # Its loader passes over what has no skill.toml, without a word.
  others = builtins.attrNames (lib.filterAttrs (_: plugin: !isSkill plugin) plugins);

  # Linked to where Nerva looks by itself, or given as one folder in its settings.
  isLinked = host.directory != null;

  skillsDirectory = "${host.library.skillsDirectory}";

  settings = lib.recursiveUpdate cfg.settings (
    lib.optionalAttrs (isWanted && !isLinked) { plugins.skills_dir = skillsDirectory; }
  );

  command = "${cfg.package}/bin/nervad --config ${cfg.configFile}";

  description = "Nerva, with locked skills";

  service =
    if isForOneUser then
      {
        Unit.Description = description;
        Install.WantedBy = [ "default.target" ];
        Service = {
          ExecStart = command;
          Restart = "always";
          RestartSec = 3;
        };
      }
    else
      {
        inherit description;
        wantedBy = [ "default.target" ];
        serviceConfig = {
          ExecStart = command;
          Restart = "always";
          RestartSec = 3;
        };
      };

  # Links that change start the service of a home again; a service of NixOS is no user's.
  defaults =
    { name, ... }:
    {
      config = lib.mkIf (name == "nerva") {
        services = lib.mkDefault (lib.optional (isForOneUser && cfg.package != null) "nervad");
      };
    };
in
{
  options.programs.plugin-lock.hosts = mkOption {
    type = types.attrsOf (types.submodule { imports = [ defaults ]; });
  };

  options.programs.plugin-lock.nerva = {
    package = mkOption {
      type = types.nullOr types.package;
      default = null;
      example = lib.literalExpression "pkgs.nerva";
      description = ''
        The package of `nervad`. Where it is set, `nervad` runs as a systemd user service: of every user on NixOS, of
        this one with Home Manager, whose service stands before that of NixOS.
      '';
    };

    settings = mkOption {
      type = types.attrsOf types.anything;
      default = { };
      example = {
        policy.auto_approve_safe = true;
      };
      description = ''
        What Nerva's `config.toml` holds, besides the folder of skills. The file is readable by everyone on the machine,
        so it holds no secrets.
      '';
    };

    configFile = mkOption {
      type = types.package;
      readOnly = true;
      default = (pkgs.formats.toml { }).generate "nerva.toml" settings;
      defaultText = lib.literalExpression "settings, and the folder of skills, as TOML";
      description = "The `config.toml` that the service reads, for whoever starts `nervad` in another way.";
    };

    skills = mkOption {
      type = types.attrsOf types.raw;
      readOnly = true;
      default = lib.mapAttrs' (plugin: value: {
        name = value.manifest.id;
        value = {
          inherit plugin;
          # Nerva's own default: it asks before each use.
          risk = value.manifest.risk or "caution";
          program = "${value.directory}/${value.manifest.executable or "run"}";
        };
      }) (lib.filterAttrs (_: isSkill) plugins);
      defaultText = lib.literalExpression "the locked skills";
      description = ''
        The skills of this machine by their `id`, as data: the `plugin`, its `risk` (`safe` skills are used without
        asking) and its `program`.
      '';
    };
  };

  config = lib.mkMerge [
    {
      assertions = [
        {
          assertion = cfg.package == null || hosts ? nerva;
          message =
            "plugin-lock: programs.plugin-lock.nerva.package is set, and no lock is, so there would be no service; "
            + "set programs.plugin-lock.hosts.nerva.lock to it";
        }
        {
          assertion = others == [ ];
          message =
            "plugin-lock: Nerva passes over what is no folder with a skill.toml: "
            + "${builtins.concatStringsSep ", " others}; leave it out of programs.plugin-lock.hosts.nerva.plugins, "
            + "or run `plugin-lock remove ${builtins.concatStringsSep " " others}`";
        }
        {
          assertion = !isWanted || isLinked || !(cfg.settings ? plugins.skills_dir);
          message =
            "plugin-lock: programs.plugin-lock.nerva.settings.plugins.skills_dir would be replaced by the locked "
            + "skills, as Nerva has one folder of them; leave it out, or link the locked skills into the folder with "
            + "programs.plugin-lock.hosts.nerva.directory";
        }
        {
          assertion = !(cfg.settings ? llm.api_key);
          message =
            "plugin-lock: programs.plugin-lock.nerva.settings.llm.api_key would be in the store, where everyone "
            + "can read it; give the key to the service as a variable, from a file outside of the store "
            + "(EnvironmentFile)";
        }
      ];

      systemd.user.services = lib.mkIf (isWanted && cfg.package != null) { nervad = service; };
    }
    # An undeclared option is an error even below `mkIf false`, so its definition is left out.
    (lib.optionalAttrs (options ? services.nerva.settings) {
      services.nerva.settings = lib.mkIf (isWanted && !isLinked) {
        plugins.skills_dir = skillsDirectory;
      };
    })
  ];
}
