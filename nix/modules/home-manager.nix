# The Home Manager module.  Links are Home Manager's own (`home.file`): it refuses to touch a file that is not its, and
# removes what a generation no longer has.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  programsAsked = import ./programs-asked.nix { inherit lib; };

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
    assertions = lib.mapAttrsToList (name: host: {
      assertion =
        host.directory == null
        || !(lib.hasPrefix "/" host.directory)
        || lib.hasPrefix "${home}/" host.directory;
      message =
        "plugin-lock: programs.plugin-lock.hosts.${name}.directory is ${toString host.directory}, "
        + "which is not below ${home}";
    }) hosts;

    warnings = builtins.concatLists (lib.mapAttrsToList programsAsked hosts);

    home.packages = map (host: host.finalPackage) (
      builtins.filter (host: host.install && host.finalPackage != null) (builtins.attrValues hosts)
    );

    home.file = lib.mkMerge (map filesOf (builtins.attrValues linking));

    systemd.user.services = lib.mkMerge (map restartOf (builtins.attrValues linking));
  };
}
