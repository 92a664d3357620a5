# The programs of one plugin, and on request an interpreter that finds its packages, as a package that holds nothing but
# `bin`: whoever installs it gets no modules that could meet another package's.
{
  lib,
  pkgs,
  # What a lock gives on this machine.
  library,
  # The Python environment of the host that the lock was made for; null: none.
  host,
}:
{
  # A plugin of the library.
  plugin,
  # What the interpreter is called; null: there is none.
  interpreter ? null,
}:
let
  inherit (library) python;

  virtualEnvironment =
    import ../plugin-interpreter.nix
      {
        inherit host pkgs python;
      }
      {
        name = "${plugin.name}-python";
        packages = [ plugin.environment ];
      };

  # Packages of the host that are not there would be missed when a program runs.  The check's own words say which.
  selfContained =
    if host == null then builtins.seq library.checks.provided virtualEnvironment else virtualEnvironment;
in
pkgs.stdenvNoCC.mkDerivation {
  name = "${plugin.name}-programs";

  # The builder reads variables.
  __structuredAttrs = false;

  virtualEnvironment = selfContained;
  programs = plugin.metadata.consoleScripts;
  plugin = plugin.name;
  interpreterName = if interpreter == null then "" else interpreter;
  shell = pkgs.runtimeShell or "/bin/sh";

  preferLocalBuild = true;
  allowSubstitutes = false;

  buildCommand = ''
    mkdir -p "$out/bin"
    for program in $programs; do
      if [ ! -x "$virtualEnvironment/bin/$program" ]; then
        echo "plugin-lock: plugin $plugin has no program $program, which the lock lists;" \
          "run \`plugin-lock verify\`" >&2
        exit 1
      fi
      ln -s "$virtualEnvironment/bin/$program" "$out/bin/$program"
    done
    # A link would not do: a virtual environment is known by the folder of its interpreter's name.
    if [ -n "$interpreterName" ]; then
      printf '#!%s\nexec %s/bin/python "$@"\n' "$shell" "$virtualEnvironment" > "$out/bin/$interpreterName"
      chmod +x "$out/bin/$interpreterName"
    fi
  '';

  meta = {
    description = "Programs of the plugin ${plugin.name}";
  }
  // lib.optionalAttrs (builtins.length plugin.metadata.consoleScripts == 1) {
    mainProgram = builtins.head plugin.metadata.consoleScripts;
  };
}
