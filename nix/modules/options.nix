# The options of both modules: `programs.plugin-lock.hosts.<name>`, one entry for each program that loads plugins.
{
  lib,
  # Further modules of one host: its outputs, and what only one of the systems has.
  hostModules ? [ ],
}:
let
  inherit (lib) mkOption types;

  # A relative path of plain names; a link never leaves the folder it belongs to.
  segment = "[A-Za-z0-9_+@~-][A-Za-z0-9._+@~-]*";
  relativePath = types.strMatching "${segment}(/${segment})*";

  hostOptions =
    { config, ... }:
    {
      options = {
        enable = mkOption {
          type = types.bool;
          default = true;
          description = "Whether this machine has the plugins of this host. Off, all of its links are removed.";
        };

        lock = mkOption {
          type = types.path;
          example = lib.literalExpression "./plugins.lock";
          description = "The host's `plugins.lock`. One file serves every machine.";
        };

        plugins = mkOption {
          type = types.nullOr (types.listOf types.str);
          default = null;
          example = [ "rtk-hermes" ];
          description = ''
            The names of the plugins wanted here, as in `plugins.toml`. `null` means all that the lock has for this
            system. Nothing else of the lock is fetched or built.
          '';
        };

        python = mkOption {
          type = types.nullOr types.package;
          default = null;
          example = lib.literalExpression "pkgs.python312";
          description = ''
            The interpreter that the host runs on. `null` means the one of `pkgs` that has the Python version of the
            lock.
          '';
        };

        package = mkOption {
          type = types.nullOr types.package;
          default = null;
          example = lib.literalExpression "pkgs.hermes-agent";
          description = ''
            The host's package. `finalPackage` is made of it: the same package, whose programs find the plugins after
            all that the host itself ships. `null` where the host gets its plugins in another way.
          '';
        };

        environment = mkOption {
          type = types.nullOr (types.either types.package (types.functionTo types.package));
          default = config.package;
          defaultText = lib.literalExpression "config.package";
          example = lib.literalExpression "package: package.hermesVenv";
          description = ''
            The Python environment that the programs of `package` run in, where that is another derivation: a virtual
            environment of uv2nix, or what `python.withPackages` gives. Where other modules change `package` with
            `override`, a function from the package to its environment.
          '';
        };

        variables = mkOption {
          type = types.attrsOf types.str;
          default = { };
          example = lib.literalExpression ''{ HF_HUB_OFFLINE = "1"; }'';
          description = ''
            Variables of the host's programs. One that is set already stays as it is. They are readable by everyone on
            the machine, so no secrets.
          '';
        };

        path = mkOption {
          type = types.listOf types.package;
          default = [ ];
          example = lib.literalExpression "[ pkgs.ffmpeg ]";
          description = "Packages whose programs are added to the end of `PATH` of the host's programs.";
        };

        providedPrograms = mkOption {
          type = types.listOf types.str;
          default = [ ];
          example = [ "ffmpeg" ];
          description = ''
            Names of the system's programs that plugins ask for and that are there, through `path` or otherwise. Each
            that a plugin asks for and that is not listed is a warning. No package is ever guessed for them.
          '';
        };

        checks = mkOption {
          type = types.listOf (
            types.enum [
              "entryPoints"
              "provided"
              "shadowing"
            ]
          );
          default = [
            "provided"
            "shadowing"
          ];
          description = ''
            What must hold between plugins and host for `finalPackage` to be built: every entry point loads
            (`entryPoints`, which runs the plugins' code in the sandbox), the host has the versions that the lock relies
            on (`provided`), no plugin brings a distribution that the host has (`shadowing`).
          '';
        };

        install = mkOption {
          type = types.bool;
          default = config.package != null;
          defaultText = lib.literalExpression "config.package != null";
          description = "Whether `finalPackage` is installed.";
        };

        directory = mkOption {
          type = types.nullOr types.str;
          default = null;
          example = "/var/lib/hermes/.hermes/plugins";
          description = ''
            The folder in which the host looks for plugin folders. Each directory plugin becomes a link in it. What is
            there already is never touched: a file in the way is an error, and nothing is changed. `null` means no
            links. With Home Manager it may be relative to the home folder, and must lie in it.
          '';
        };

        linked = mkOption {
          type = types.nullOr (types.listOf types.str);
          default = null;
          example = [ "weather" ];
          description = "The directory plugins that are linked; `null` means all.";
        };

        linkNames = mkOption {
          type = types.attrsOf relativePath;
          default = { };
          example = {
            notes = "memory/notes";
          };
          description = ''
            Where a plugin is linked below `directory`, by the plugin's name. By default that is the name by which the
            host knows it: the `id` of its manifest. A path with `/` puts it into a category folder.
          '';
        };

        services = mkOption {
          type = types.listOf types.str;
          default = [ ];
          example = [ "hermes-agent" ];
          description = ''
            Names of the systemd services (user services with Home Manager) that load the plugins. They are started
            after the links are there, and again when a plugin changes. They must be defined elsewhere.
          '';
        };

        arguments = mkOption {
          type = types.attrsOf types.raw;
          default = { };
          example = lib.literalExpression "{ overrides.torch = previousAttrs: { dontStrip = true; }; }";
          description = "Further arguments of the library: `overrides`, `fetchurl`, `fetchGit` (see docs/nix.md).";
        };

        finalPackage = mkOption {
          type = types.nullOr types.package;
          readOnly = true;
          description = "The host's package with the plugins; `null` where `package` is.";
        };

        links = mkOption {
          type = types.attrsOf types.package;
          readOnly = true;
          description = "What is linked below `directory`: path to plugin folder.";
        };

        library = mkOption {
          type = types.raw;
          readOnly = true;
          description = ''
            All that the lock gives on this machine: `pythonPackages`, `directoryPlugins`, `plugins`, `environment`, …
            (see docs/nix.md), for options of the host's own module.
          '';
        };
      };
    };
in
{
  options.programs.plugin-lock.hosts = mkOption {
    type = types.attrsOf (types.submodule ([ hostOptions ] ++ hostModules));
    default = { };
    description = "The programs of this machine that load plugins from a `plugins.lock`, by a name of your choice.";
  };
}
