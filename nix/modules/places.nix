# Where links go: how a folder may be written, and hosts that would link to one place.
{ lib }:
let
  # A relative path that nothing takes for another one: no shell, no systemd and no file system.
  isPlain =
    path:
    builtins.match "[^[:cntrl:]$]+" path != null
    && builtins.all (
      segment:
      !(builtins.elem segment [
        ""
        "."
        ".."
      ])
    ) (lib.splitString "/" path);

  # Every link of every host: whose it is, and where.
  linksOf =
    folderOf: hosts:
    builtins.concatLists (
      lib.mapAttrsToList (
        name: host:
        map (place: {
          inherit name;
          path = "${folderOf host}/${place}";
        }) (builtins.attrNames host.links)
      ) hosts
    );

  # The same place, or one inside the folder that the other leads to.
  isClash =
    one: other:
    (one.path == other.path && one.name < other.name)
    || (one.name != other.name && lib.hasPrefix "${one.path}/" other.path);
in
{
  inherit isPlain;

  # An assertion for each two links of different hosts that are in each other's way.
  assertions =
    folderOf: hosts:
    let
      all = linksOf folderOf hosts;
    in
    builtins.concatMap (
      one:
      map (other: {
        assertion = false;
        message =
          "plugin-lock: the hosts ${one.name} and ${other.name} would both link a plugin to ${other.path}; "
          + "give one of them another programs.plugin-lock.hosts.<name>.directory, or the plugin another place with "
          + "linkNames, or leave it out of `linked`";
      }) (builtins.filter (isClash one) all)
    ) all;
}
