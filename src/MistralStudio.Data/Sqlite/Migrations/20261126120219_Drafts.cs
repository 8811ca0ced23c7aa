using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace MistralStudio.Data.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Drafts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<Guid>(
                name: "BesideId",
                table: "Conversations",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Draft",
                table: "Conversations",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "SharedAt",
                table: "Conversations",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_Conversations_BesideId",
                table: "Conversations",
                column: "BesideId");

            migrationBuilder.AddForeignKey(
                name: "FK_Conversations_Conversations_BesideId",
                table: "Conversations",
                column: "BesideId",
                principalTable: "Conversations",
                principalColumn: "Id",
                onDelete: ReferentialAction.Cascade);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropForeignKey(
                name: "FK_Conversations_Conversations_BesideId",
                table: "Conversations");

            migrationBuilder.DropIndex(
                name: "IX_Conversations_BesideId",
                table: "Conversations");

            migrationBuilder.DropColumn(
                name: "BesideId",
                table: "Conversations");

            migrationBuilder.DropColumn(
                name: "Draft",
                table: "Conversations");

            migrationBuilder.DropColumn(
                name: "SharedAt",
                table: "Conversations");
        }
    }
}
