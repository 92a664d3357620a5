# plugin-lock itself: its own source beside what it needs, which it has locked and this library installs.
{
  pkgs,
  lib ? pkgs.lib,
  # A checkout of plugin-lock.
  source ? ../..,
  # One of those that stand below with a lock each; null: the newest of them that `pkgs` has.
  pythonVersion ? null,
}:
let
  versions = map (lib.removePrefix "python-") (
    builtins.filter (lib.hasPrefix "python-") (builtins.attrNames (builtins.readDir ./.))
  );

  attributeOf = version: "python${builtins.replaceStrings [ "." ] [ "" ] version}";

  available = builtins.filter (version: pkgs ? ${attributeOf version}) versions;

  # The names of folders come sorted.
  chosen =
    if pythonVersion != null then
      pythonVersion
    else if available == [ ] then
      throw "plugin-lock is locked for Python ${builtins.concatStringsSep ", " versions}, and `pkgs` has none of these"
    else
      lib.last available;

  lock = ./. + "/python-${chosen}/plugins.lock";

  library = import ../. { inherit lib lock pkgs; };

  inherit (library) python;

  inherit (builtins.fromTOML (builtins.readFile (source + "/pyproject.toml"))) project;

  # What an installed wheel holds, and the file that its metadata is made from.
  wanted = [
    "lock"
    "nix"
    "plugin_lock"
    "pyproject.toml"
    "resolver"
  ];

  top = toString source;

  isWanted =
    path: _:
    let
      inner = lib.removePrefix "${top}/" (toString path);
      first = builtins.head (lib.splitString "/" inner);
    in
    builtins.elem first wanted && builtins.baseNameOf path != "__pycache__";
in
if !builtins.pathExists lock then
  throw "plugin-lock is not locked for Python ${chosen}: take another `pythonVersion`, or lock it in nix/plugin-lock"
else
  pkgs.stdenvNoCC.mkDerivation {
    pname = "plugin-lock";
    inherit (project) version;

    # The builder reads variables.
    __structuredAttrs = false;

    checkout = builtins.path {
      path = source;
      name = "plugin-lock-source";
      filter = isWanted;
    };
    dependencies = "${library.environment}";
    inherit (python) interpreter sitePackages;

    buildCommand = ''
      ${(python.pythonOnBuildForHost or python).interpreter} -I -S ${../builders/install_checkout.py}
    '';

    passthru = {
      inherit library python;
    };

    meta = {
      inherit (project) description;
      mainProgram = "plugin-lock";
      platforms = builtins.attrNames (import ../systems.nix);
    }
    // lib.optionalAttrs (lib ? licenses) { license = lib.licenses.mit; };
  }
