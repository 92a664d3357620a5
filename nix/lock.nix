# Reads a plugins.lock: `problems` is what is wrong with it, `view` what it says, an error if anything is wrong.
#
# The steps go from the outside in, because each relies on the one before: the text, the TOML, the format's
# version, the shape of the tables, and then what the tables say.  The first step that finds something is the last.
{ lib }:
given:
let
  path =
    if builtins.isPath given || builtins.isString given && lib.hasPrefix "/" given then
      given
    else
      throw "plugin-lock: `lock` is the path of a plugins.lock, such as ./plugins.lock, without quotes";

  source = toString path;

  refuse = import ./refuse.nix { inherit lib; } source;

  text = builtins.readFile path;

  # What Nix itself finds cannot be caught; it is at least said where.
  document = builtins.addErrorContext whereBroken (builtins.fromTOML text);

  whereBroken =
    "while reading ${source}; "
    + "where its TOML is broken, restore it from git or run `plugin-lock lock`";

  view = import ./view.nix { inherit lib; } document;

  absent = lib.optional (!builtins.pathExists path) {
    rule = 8;
    entry = "the file";
    message = "does not exist";
    remedy = "write it with `plugin-lock lock`, and add it to git: a flake sees only files that git knows";
  };

  folder = lib.optional (builtins.pathExists (path + "/plugins.lock")) {
    rule = 8;
    entry = "the file";
    message = "is a folder";
    remedy = "name the file in it: ${source}/plugins.lock";
  };

  steps = [
    absent
    folder
    (import ./rules/text.nix { inherit lib; } text)
    (import ./rules/version.nix { inherit lib; } document)
    (import ./rules/shape.nix { inherit lib; } document)
    (import ./rules.nix { inherit lib; } view)
  ];

  problems = builtins.foldl' (found: step: if found != [ ] then found else step) [ ] steps;
in
{
  inherit problems;

  view = if problems == [ ] then view else refuse problems;
}
