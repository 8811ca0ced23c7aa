using System.CommandLine;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Security;
using MistralStudio.Web.Hosting;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Tests.Security;

public sealed class PermissionTests
{
    private static readonly string[] s_harmlessCommands = ["serve", "doctor"];

    private static Type[] Ours => typeof(Program).Assembly.GetTypes();

    [Fact]
    public async Task EveryEndpoint_NamesItsPermission_OrIsKnownToBeForAll()
    {
        await using var server = await StudioServer.StartAsync();
        var endpoints = server.Services.GetRequiredService<EndpointDataSource>().Endpoints;
        Assert.Contains(endpoints.OfType<RouteEndpoint>(), endpoint => endpoint.RoutePattern.RawText == "/v1/chat/completions");
        Assert.Empty(NamedPermissions.FindNameless(endpoints));
    }

    [Fact]
    public void EveryPage_NamesItsPermission_OrIsKnownToBeForAll()
    {
        Assert.Contains(Ours, type => type.GetCustomAttributes(typeof(RouteAttribute), false).Length > 0);
        Assert.Empty(NamedPermissions.FindNamelessPages(Ours));
    }

    [Fact]
    public void EveryHubMethod_NamesItsPermission() => Assert.Empty(NamedPermissions.FindNamelessHubMethods(Ours));

    [Fact]
    public void EveryCommand_NamesItsPermission_OrIsKnownToTouchNothing()
    {
        var root = CommandLine.Create([]);
        Assert.NotEmpty(root.Subcommands);
        Assert.Empty(NamedPermissions.FindNamelessCommands(root, s_harmlessCommands));
    }

    [Fact]
    public void WhatNamesNone_IsFound()
    {
        Assert.Equal(["/secret", "/open", "/vague"], NamedPermissions.FindNameless(
        [
            EndpointAt("/secret"), EndpointAt("/open", new AllowAnonymousAttribute()), EndpointAt("/vague", new AuthorizeAttribute()),
            EndpointAt("/named", new RequirePermissionAttribute(Permissions.ModelsUse)),
        ]));
        Assert.Equal(["/bare", "/for-all"], NamedPermissions.FindNamelessPages([typeof(BarePage), typeof(PageForAll), typeof(NamedPage)]));
        Assert.Equal(["BareHub.Shout"], NamedPermissions.FindNamelessHubMethods([typeof(BareHub)]));
        Command root = new("root")
        {
            new Command("bare"), new OperatorCommand("quiet", null, ""), new OperatorCommand("named", Permissions.KeysManage, ""), new OperatorCommand("doctor", null, ""),
        };
        Assert.Equal(["bare", "quiet"], NamedPermissions.FindNamelessCommands(root, s_harmlessCommands));
    }

    private static RouteEndpoint EndpointAt(string pattern, params object[] metadata) =>
        new(_ => Task.CompletedTask, RoutePatternFactory.Parse(pattern), 0, new EndpointMetadataCollection(metadata), pattern);

    [Route("/bare")]
    private sealed class BarePage : ComponentBase;

    [Route("/for-all")]
    [AllowAnonymous]
    private sealed class PageForAll : ComponentBase;

    [Route("/named")]
    [RequirePermission(Permissions.AppsUse)]
    private sealed class NamedPage : ComponentBase;

    private sealed class BareHub : Hub
    {
        public Task Shout() => Task.CompletedTask;
    }
}
