# The Home Manager module.  Links are Home Manager's own (`home.file`): it refuses to touch a file that is not its, and
# removes what a generation no longer has.  What it would replace all the same is looked for before it writes anything.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  places = import ./places.nix { inherit lib; };

  programsAsked = import ./programs-asked.nix { inherit lib; };

  services = import ./services.nix { inherit lib; };

  hosts = lib.filterAttrs (_: host: host.enable) config.programs.plugin-lock.hosts;

  linking = lib.filterAttrs (_: host: host.links != { }) hosts;

  home = config.home.homeDirectory;

  # Relative to the home folder, as `home.file` wants it.
  folderOf = host: lib.removeSuffix "/" (lib.removePrefix "${home}/" host.directory);

  filesOf =
    host:
    lib.mapAttrs' (place: folder: {
      name = "${folderOf host}/${place}";
      value.source = folder;
    }) host.links;

  files = lib.mkMerge (map filesOf (builtins.attrValues linking));

  # Home Manager can be told to leave a file out, or to replace whatever is there.
  isGuarded =
    place:
    let
      file = config.home.file.${place};
    in
    file.enable or true && !(file.force or false);

  guarded = builtins.filter isGuarded (
    builtins.concatMap (host: builtins.attrNames (filesOf host)) (builtins.attrValues linking)
  );

  # Home Manager takes every link that leads nowhere for one that it may replace, and notices a file in the place of a
  # folder only when half of its work is done.
  check = ''
    function checkPluginPlaces() {
      local generations place path parent
      generations="$(readlink -e ${lib.escapeShellArg builtins.storeDir})/*-home-manager-files/*"
      for place in "$@"; do
        path="$HOME/$place"
        if [[ -L $path && ! -e $path && $(readlink "$path") != $generations ]]; then
          errorEcho "plugin-lock: $path is a link that leads nowhere, and not one of Home Manager's; move it away"
          exit 1
        fi
        parent="$(dirname "$path")"
        while [[ $parent != "$HOME" && $parent != / ]]; do
          if [[ ! -d $parent && ( -e $parent || -L $parent ) ]]; then
            errorEcho "plugin-lock: $parent is in the way of $path: it is no folder; move it away"
            exit 1
          fi
          parent="$(dirname "$parent")"
        done
      done
    }

    checkPluginPlaces ${lib.escapeShellArgs guarded}
  '';

  # A file of ours with nothing to start would stand before the unit that is meant.
  isDefined = service: config.systemd.user.services.${service}.Service.ExecStart or [ ] != [ ];

  # A unit whose text changes is started again.
  restartOf =
    host:
    lib.genAttrs host.services (_: {
      Unit.X-Restart-Triggers = map (folder: "${folder}") (builtins.attrValues host.links);
    });
in
{
  imports = [
    (import ./options.nix {
      inherit lib;
      hostModules = [ (import ./host.nix { inherit lib pkgs; }) ];
    })
  ];

  config = lib.mkIf (hosts != { }) {
    assertions =
      lib.mapAttrsToList (name: host: {
        assertion =
          host.directory == null
          || (places.isPlain (folderOf host) && !(lib.hasPrefix "~" host.directory));
        message =
          "plugin-lock: programs.plugin-lock.hosts.${name}.directory is ${toString host.directory}, "
          + "which is not below ${home}; write a path in it, or one relative to it, without `.`, `..`, `//`, `$` and a "
          + "`~` at its start";
      }) hosts
      ++ map (message: {
        assertion = false;
        inherit message;
      }) (builtins.concatLists (lib.mapAttrsToList (services.undefined isDefined) linking))
      ++ places.assertions folderOf linking;

    warnings = builtins.concatLists (lib.mapAttrsToList programsAsked hosts);

    home.packages = map (host: host.finalPackage) (
      builtins.filter (host: host.install && host.finalPackage != null) (builtins.attrValues hosts)
    );

    home.file = files;

    home.activation = lib.mkIf (guarded != [ ]) {
      # As `lib.hm.dag.entryBefore` would make it, which not every evaluation has.
      checkPluginPlaces = {
        before = [ "writeBoundary" ];
        after = [ ];
        data = check;
      };
    };

    systemd.user.services = lib.mkMerge (map restartOf (builtins.attrValues linking));
  };
}
