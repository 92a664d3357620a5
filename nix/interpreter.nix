# The interpreter that plugins are installed for: the host's, and of the version the lock was made for.
{
  pkgs,
  python,
  # What the lock is read for.
  system,
  view,
}:
let
  wanted = view.pythonVersion;
  attribute = "python${builtins.replaceStrings [ "." ] [ "" ] wanted}";

  remedy =
    "pass the host's own interpreter as `python`, "
    + "or set `python` below [host] in plugins.toml and run `plugin-lock lock`";

  absent = throw "plugin-lock: the lock is made for Python ${wanted}, and `pkgs` has no ${attribute}; ${remedy}";

  chosen = if python != null then python else pkgs.${attribute} or absent;
in
if system != pkgs.stdenv.hostPlatform.system then
  throw (
    "plugin-lock: `system` is ${system} and `pkgs` is for ${pkgs.stdenv.hostPlatform.system}; "
    + "pass a `pkgs` for ${system}, and leave `system` out"
  )
else if chosen.pythonVersion or null == wanted then
  chosen
else
  throw (
    "plugin-lock: the lock is made for Python ${wanted}, "
    + "not for ${chosen.pythonVersion or "what was passed as `python`"}; ${remedy}"
  )
