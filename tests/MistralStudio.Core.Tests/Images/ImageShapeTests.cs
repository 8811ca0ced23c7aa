using System.Text;
using MistralStudio.Core.Images;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Core.Tests.Images;

public sealed class ImageShapeTests
{
    [Theory]
    [InlineData("GIF89a\x03\0\x02\0..............................", "image/gif", 3, 2)]
    [InlineData("GIF87a\x00\x01\x02\0..............................", "image/gif", 256, 2)]
    [InlineData("RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x03\0\0\x01\0\0......", "image/webp", 4, 2)]
    [InlineData("RIFF\x20\0\0\0WEBPVP8L\x0a\0\0\0\x2f\x04\x40\x01\0........", "image/webp", 5, 6)]
    [InlineData("RIFF\x20\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\x07\0\x08\0....", "image/webp", 7, 8)]
    [InlineData("\xff\xd8\xff\xe0\0\u0004ab\xff\xff\xc4\0\x03x\xff\xc2\0\x0b\x08\0\x09\0\x0a\x01........", "image/jpeg", 10, 9)]
    public void AnImage_IsWhatItsBytesSay(string latin, string type, int width, int height) =>
        Assert.Equal(new ImageShape(type, width, height), ImageShape.Read(Encoding.Latin1.GetBytes(latin)));

    [Fact]
    public void APng_HasItsSizeInItsFirstChunk() => Assert.Equal(new ImageShape("image/png", 1, 1), ImageShape.Read(Pictures.Png));

    [Theory]
    [InlineData("")]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")]
    [InlineData("<html><body>GIF89a</body></html>")]
    [InlineData("%PDF-1.7 and more of it than thirty bytes")]
    [InlineData("GIF89a\0\0\0\0 a picture without a pixel")]
    [InlineData("\xff\xd8\xff\xe0\xff\xff and then nothing of the kind")]
    [InlineData("\xff\xd8\xffno marker at all, whatever comes")]
    public void WhatBeginsLikeNoImage_IsNone(string latin) => Assert.Null(ImageShape.Read(Encoding.Latin1.GetBytes(latin)));

    [Fact]
    public void EveryCutOfAnImage_IsReadWithoutFault()
    {
        foreach (var image in (byte[][])[Pictures.Png, .. new[] { "RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x03\0\0\x01\0\0", "\xff\xd8\xff\xe0\0\u0004ab\xff\xc2\0\x0b\x08\0\x09\0\x0a\x01" }.Select(Encoding.Latin1.GetBytes)])
        {
            for (var length = 0; length <= image.Length; length++)
            {
                _ = ImageShape.Read(image.AsSpan(0, length));
            }
        }
    }

    [Fact]
    public void AnImage_IsRefusedForWhatItIs_InOneSentence()
    {
        Assert.True(ImageRules.Check(Pictures.Png, "a.png").IsSuccess);
        Assert.Equal("image.too_many_pixels", ImageRules.Check(Pictures.PngOf(20_000, 20_000), "bomb.png").Error!.Code);
        Assert.Equal("image.not_an_image", ImageRules.Check("MZ"u8, "really.png").Error!.Code);
        Assert.Equal("image.too_large", ImageRules.Check([.. Pictures.Png, .. new byte[ImageRules.MostBytes]], "long.png").Error!.Code);
    }

    [Theory]
    [InlineData("gpt-4o-mini", true)]
    [InlineData("pixtral-12b-2409", true)]
    [InlineData("mistral-small-latest", true)]
    [InlineData("qwen2.5-vl:7b", true)]
    [InlineData("o3", true)]
    [InlineData("openai/o4-mini", true)]
    [InlineData("o3-mini", false)]
    [InlineData("gpt-4o-transcribe", false)]
    [InlineData("gpt-3.5-turbo", false)]
    [InlineData("llama3.1:8b", false)]
    [InlineData("mistral-embed", false)]
    [InlineData("foo3", false)]
    public void AName_SaysWhetherImagesAreRead(string name, bool reads) => Assert.Equal(reads, ImageReaders.Guess(name));
}
