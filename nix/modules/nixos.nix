# The NixOS module.  Nothing runs but one unit for each host with links, which makes and removes links as the user that
# owns them, with the network closed.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;

  ownership = {
    options = {
      user = mkOption {
        type = types.str;
        default = "root";
        example = "hermes";
        description = "The user that owns `directory` and as whom links are made. (NixOS only)";
      };

      group = mkOption {
        type = types.str;
        default = "root";
        example = "hermes";
        description = "The group of the links. (NixOS only)";
      };
    };
  };

  places = import ./places.nix { inherit lib; };

  programsAsked = import ./programs-asked.nix { inherit lib; };

  services = import ./services.nix { inherit lib; };

  hosts = lib.filterAttrs (_: host: host.enable) config.programs.plugin-lock.hosts;

  linking = lib.filterAttrs (_: host: host.links != { }) hosts;

  folderOf = host: lib.removeSuffix "/" host.directory;

  # As systemd reads a list of paths, in which blanks part them and `%` begins a specifier.
  unitPath =
    path:
    if builtins.match "[A-Za-z0-9/._@+-]+" path != null then
      path
    else
      builtins.toJSON (builtins.replaceStrings [ "%" ] [ "%%" ] path);

  # The service that makes the folder above (`StateDirectory`) starts after the links are there, and their user makes
  # none in /var/lib.  What is there already keeps its owner and mode (`:`).
  needsFolder = host: host.user != "root" && lib.hasPrefix "/var/lib/" host.directory;

  # NixOS writes it in single quotes.
  temporaryPath =
    builtins.replaceStrings
      [
        "\\"
        "'"
        "%"
      ]
      [
        "\\\\"
        "\\'"
        "%%"
      ];

  folders = lib.mapAttrs' (_: host: {
    name = temporaryPath (folderOf host);
    value.d = {
      mode = ":0755";
      user = ":${host.user}";
      group = ":${host.group}";
    };
  }) (lib.filterAttrs (_: needsFolder) linking);

  manifestOf =
    name: host:
    pkgs.writeText "plugin-lock-${name}-links.json" (
      builtins.toJSON {
        host = name;
        directory = folderOf host;
        links = builtins.mapAttrs (_: folder: "${folder}") host.links;
      }
    );

  # The host's interpreter is on the machine already.
  commandOf =
    verb: name: host:
    builtins.concatStringsSep " " [
      host.library.python.interpreter
      "-I -S -B"
      "${./link_plugins.py}"
      verb
      "${manifestOf name host}"
    ];

  linkUnit =
    name: host:
    let
      units = map (service: "${service}.service") host.services;
    in
    {
      description = "Plugin folders of ${name}";
      wantedBy = [ "multi-user.target" ];
      before = units;
      requiredBy = units;
      unitConfig.RequiresMountsFor = [ (unitPath (folderOf host)) ];
      serviceConfig = {
        Type = "oneshot";
        # Stopped when the host is disabled or its plugins change, and then the links go.
        RemainAfterExit = true;
        ExecStart = commandOf "link" name host;
        ExecStop = commandOf "unlink" name host;
        User = host.user;
        Group = host.group;
        # Which links are ours is written down here.
        StateDirectory = "plugin-lock/${name}";
        StateDirectoryMode = "0750";
        NoNewPrivileges = true;
        PrivateNetwork = true;
        RestrictAddressFamilies = "none";
        UMask = "0022";
      };
    };

  # What a package brings (`systemd.packages`) is not seen.
  isDefined =
    service:
    let
      unit = config.systemd.services.${service};
    in
    unit.serviceConfig or { } ? ExecStart || unit.script or "" != "";

  restartOf =
    name: host:
    lib.genAttrs host.services (_: {
      restartTriggers = [ (manifestOf name host) ];
    });
in
{
  imports = [
    (import ./options.nix {
      inherit lib;
      hostModules = [
        ownership
        (import ./host.nix { inherit lib pkgs; })
      ];
    })
  ];

  config = lib.mkIf (hosts != { }) {
    assertions =
      lib.mapAttrsToList (name: host: {
        assertion =
          host.directory == null
          || (lib.hasPrefix "/" host.directory && places.isPlain (lib.removePrefix "/" (folderOf host)));
        message =
          "plugin-lock: programs.plugin-lock.hosts.${name}.directory is ${toString host.directory}; "
          + "on NixOS it is an absolute path, without `.`, `..`, `//` or `$`";
      }) hosts
      ++ lib.mapAttrsToList (name: _: {
        assertion = builtins.match "[A-Za-z0-9][A-Za-z0-9_-]*" name != null;
        message =
          "plugin-lock: programs.plugin-lock.hosts.${name}: the name becomes part of a unit's, "
          + "so it is made of letters, digits, `_` and `-`";
      }) hosts
      ++ places.assertions folderOf linking;

    warnings = builtins.concatLists (
      lib.mapAttrsToList programsAsked hosts
      ++ lib.mapAttrsToList (services.undefined isDefined) linking
    );

    environment.systemPackages = map (host: host.finalPackage) (
      builtins.filter (host: host.install && host.finalPackage != null) (builtins.attrValues hosts)
    );

    systemd.tmpfiles.settings = lib.mkIf (folders != { }) { plugin-lock = folders; };

    systemd.services = lib.mkMerge (
      [
        (lib.mapAttrs' (name: host: {
          name = "plugin-lock-${name}";
          value = linkUnit name host;
        }) linking)
      ]
      ++ lib.mapAttrsToList restartOf linking
    );
  };
}
