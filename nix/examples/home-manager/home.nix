# A host for one user.  Imported beside plugin-lock's `homeModules.default`; each profile selects plugins of its own.
{ pkgs, ... }:
{
  programs.plugin-lock.hosts.example = {
    lock = ./plugins.lock;
    plugins = [ "notes" ];
    package = pkgs.example-host;
    # Below the home folder.  Home Manager refuses to replace a file that is not its own.
    directory = ".config/example-host/plugins";
    # Into a folder of a category.
    linkNames.notes = "writing/notes";
  };
}
