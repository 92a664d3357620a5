# The one place where what is wrong with a lock becomes an error.
#
# A problem is { rule; entry; message; remedy ? …; }: the number of the rule in docs/nix.md, where it is broken,
# how, and what to do next.
{ lib }:
source: problems:
let
  shown = 20;

  usualRemedy = "change plugins.toml and run `plugin-lock lock`; plugins.lock is never edited by hand";

  describe =
    problem:
    "  rule ${toString problem.rule}, ${problem.entry}: ${problem.message}\n"
    + "    help: ${problem.remedy or usualRemedy}";

  count = builtins.length problems;

  rest = lib.optional (
    count > shown
  ) "  and ${toString (count - shown)} more; `plugin-lock check` lists them all";
in
throw (
  builtins.concatStringsSep "\n" (
    [ "plugin-lock: ${source} cannot be used" ] ++ map describe (lib.take shown problems) ++ rest
  )
)
