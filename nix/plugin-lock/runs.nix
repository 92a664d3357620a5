# Whether the packaged program starts, finds its Nix library, and reads a lock.
{ pkgs, plugin-lock }:
pkgs.stdenvNoCC.mkDerivation {
  name = "plugin-lock-runs";

  # The builder reads variables.
  __structuredAttrs = false;

  program = "${plugin-lock}/bin/plugin-lock";
  wanted = plugin-lock.version;
  manifest = ./python-3.13;

  buildCommand = ''
    export HOME=$TMPDIR
    test "$("$program" --version)" = "plugin-lock $wanted"
    "$program" check --manifest "$manifest/plugins.toml" > "$out"
  '';
}
