# Rule 7, its first half: a format this reader does not know is refused before anything else is read.
{ lib }:
document:
let
  known = 1;

  version = document.tool.plugin-lock.version or null;
  pylockVersion = document.lock-version or null;

  rewrite = "write the file again with `plugin-lock lock`";

  problem = rule: message: remedy: {
    inherit rule message remedy;
    entry = "tool.plugin-lock.version";
  };

  pylockProblem = {
    rule = 7;
    entry = "lock-version";
    message = "is not the 1.0 of PEP 751";
    remedy = "update plugin-lock's Nix library, or ${rewrite}";
  };

  absent = "is absent: this is no plugins.lock, or a truncated one";
  newer = "is ${toString version}, newer than this Nix library, which reads ${toString known}";
in
if version == null then
  [ (problem 8 absent "restore the file from git, or ${rewrite}") ]
else if !builtins.isInt version then
  [ (problem 7 "is not an integer" rewrite) ]
else if version > known then
  [ (problem 7 newer "update plugin-lock's Nix library to the release that wrote the lock") ]
else
  lib.optional (version < known) (
    problem 7 "is ${toString version}, which no release ever wrote" rewrite
  )
  ++ lib.optional (pylockVersion != "1.0") pylockProblem
