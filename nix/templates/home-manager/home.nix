# The part of a user's configuration that is about plugins; `example-host` is the package of your host.
{ pkgs, ... }:
{
  home = {
    username = "user";
    homeDirectory = "/home/user";
    stateVersion = "26.05";
  };

  programs.plugin-lock.hosts.example = {
    lock = ./plugins.lock;
    package = pkgs.example-host;
    directory = ".config/example-host/plugins";
  };
}
