# What `plugin-lock build` evaluates.  Every argument is a string, as `--argstr` gives them: paths are absolute,
# `plugins` is a JSON list or empty for all, `nixpkgs` is empty where the distribution's own Python serves.
{
  lock,
  system ? builtins.currentSystem,
  plugins ? "",
  nixpkgs ? "",
  interpreter ? "",
  version ? "",
  installer ? "",
}:
let
  lockPath = /. + lock;
  wanted = if plugins == "" then null else builtins.fromJSON plugins;
in
if nixpkgs != "" then
  import ./. {
    pkgs = import (/. + nixpkgs) {
      inherit system;
      # Nothing of the user's own configuration.
      config = { };
      overlays = [ ];
    };
    lock = lockPath;
    plugins = wanted;
  }
else
  import ./standalone/build.nix {
    inherit interpreter system version;
    lock = lockPath;
    plugins = wanted;
    installer = /. + installer;
  }
